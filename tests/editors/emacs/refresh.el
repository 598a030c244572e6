;;; refresh.el --- When `$/fim/refresh' asks again, and when not -*- lexical-binding: t; -*-

;;; Commentary:

;; Run in batch by test_lsp_mode.py. What is drawn is lsp-mode's business: here only whether it is asked to.

;;; Code:

(require 'cl-lib)
(require 'ert)
(require 'fim-ls)

(defun asks-p (line character &optional version change)
  "Is the server asked again after it named LINE, CHARACTER and VERSION?
The buffer holds two lines in version 7, with point at line 1, character 4; CHANGE is called there before."
  (let ((asked 0))
    (with-temp-buffer
      (setq buffer-file-name "/project/a.py" lsp-buffer-uri "file:///project/a.py"
            lsp--cur-version 7 lsp-inline-completion-mode t)
      (insert "one\nfour")
      (cl-letf (((symbol-function 'lsp-inline-completion-display) (lambda (&rest _) (cl-incf asked))))
        (when change (funcall change))
        (fim-ls--refresh (ht ("uri" "file:///project/a.py") ("line" line) ("character" character)
                             ("version" (or version 7)))))
      (set-buffer-modified-p nil)
      (setq buffer-file-name nil))
    (= asked 1)))

(ert-deftest it-asks-where-point-is ()
  (should (asks-p 1 4)))

(ert-deftest it-asks-where-the-ghost-text-begins ()
  "Point stands before it while it is drawn."
  (should (asks-p 1 4 7 (lambda ()
                          (setq lsp-inline-completion--start-point (point)
                                lsp-inline-completion--overlay (make-overlay (1- (point)) (point)))
                          (backward-char)))))

(ert-deftest it-does-not-ask-elsewhere ()
  (should-not (asks-p 0 4))
  (should-not (asks-p 1 3))
  (should-not (asks-p 1 4 6))
  (should-not (asks-p 1 4 7 (lambda () (setq lsp-buffer-uri "file:///project/b.py")))))

(ert-deftest it-does-not-ask-after-a-dismissal ()
  "Before the next key, that is: what was taken away does not come back by itself."
  (should-not (asks-p 1 4 7 (lambda () (run-hooks 'lsp-inline-completion-cancelled-hook))))
  (should (asks-p 1 4 8 (lambda () (run-hooks 'lsp-inline-completion-cancelled-hook) (setq lsp--cur-version 8)))))

(ert-deftest it-does-not-ask-where-ghost-text-is-off ()
  (should-not (asks-p 1 4 7 (lambda () (setq lsp-inline-completion-mode nil)))))

;;; refresh.el ends here
