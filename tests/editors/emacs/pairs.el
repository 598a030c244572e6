;;; pairs.el --- Where lsp-mode asks after a key that inserts more than itself -*- lexical-binding: t; -*-

;;; Commentary:

;; Run in batch by test_lsp_mode.py, in a buffer whose changes are noted as lsp-mode notes them.

;;; Code:

(require 'ert)
(require 'fim-ls)
(require 'elec-pair)

(defun noted-and-point (text keys &optional mode)
  "Return where lsp-mode would ask, and point, after KEYS behind the | in TEXT.
MODE is called before; it is `electric-pair-local-mode' where it is left out."
  (with-temp-buffer
    (switch-to-buffer (current-buffer))
    (emacs-lisp-mode)
    (insert text)
    (goto-char (point-min))
    (search-forward "|")
    (delete-char -1)
    (funcall (or mode #'electric-pair-local-mode))
    (fim-ls--configure)
    (add-hook 'after-change-functions
              (lambda (&rest _) (setq lsp--after-change-vals (list :point (point) :buffer (current-buffer))))
              nil t)
    (execute-kbd-macro (kbd keys))
    (cons (plist-get lsp--after-change-vals :point) (point))))

(ert-deftest it-asks-where-the-command-left-point ()
  (dolist (it '(("|" "(") ("|" "[") ("|" "\"") ("(f |)" "(") ("|" "( [") ("(|)" ")") ("(|)" "DEL") ("|" "a b")
                ("(progn|)" "RET") ("|" "( a") ("(a| b)" "DEL")))
    (let ((found (apply #'noted-and-point it)))
      (ert-info ((format "%S" it))
        (should (eql (car found) (cdr found)))))))

(ert-deftest it-does-not-ask-where-point-was-moved-without-a-change ()
  (let ((found (noted-and-point "|" "( C-f")))
    (should-not (eql (car found) (cdr found)))))

;;; pairs.el ends here
