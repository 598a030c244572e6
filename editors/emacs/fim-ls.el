;;; fim-ls.el --- Ghost text from fill-in-the-middle models -*- lexical-binding: t; -*-

;; Package-Requires: ((emacs "28.1") (lsp-mode "10.0.0"))
;; Keywords: convenience, tools
;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; Registers fim-language-server with lsp-mode, beside the language's own server, and switches its inline completion on.
;;
;;     (require 'fim-ls)
;;     (add-hook 'prog-mode-hook #'lsp-deferred)
;;
;; TAB or C-RET accepts the ghost text, C-n and C-p show other candidates, any other key takes it away.
;; The API key is taken from the environment (CODESTRAL_API_KEY, MISTRAL_API_KEY); without one a model of the open
;; workspace completes, offline.

;;; Code:

(require 'ht)
(require 'lsp-mode)
(require 'lsp-inline-completion)

(defgroup fim-ls nil
  "Ghost text from fill-in-the-middle models."
  :group 'lsp-mode)

(defcustom fim-ls-command '("fim-language-server")
  "The server and its arguments."
  :type '(repeat string))

(defcustom fim-ls-settings nil
  "The server's settings as a property list, such as (:trigger (:mode \"explicit\")).
They are described in docs/settings.md of the server."
  :type 'plist)

;; A folder's `.dir-locals.el' is a stranger's: neither of these is taken from there (see `fim-ls--options').
(put 'fim-ls-command 'risky-local-variable t)
(put 'fim-ls-settings 'risky-local-variable t)

(defcustom fim-ls-workspace-settings nil
  "Settings of this project as a property list, such as (:trigger (:mode \"off\")).
They can only narrow what is sent and what it costs, so `.dir-locals.el' may set them."
  :type 'plist
  :safe #'listp)

(defcustom fim-ls-idle-delay 0.2
  "Seconds without a key before ghost text is asked for; lsp-mode's own 2 seconds are long for it."
  :type 'number)

(defvar fim-ls--status nil
  "What the server last said of itself: a hash table with kind, message, provider, model and seconds.")

(defun fim-ls--receive-status (_workspace params)
  "Keep PARAMS of `$/fim/status', and show them in the mode line."
  (setq fim-ls--status params)
  (force-mode-line-update t))

(defun fim-ls-mode-line ()
  "Return what the server is doing in a word, for `mode-line-format'."
  (if fim-ls--status (concat " FIM:" (lsp-get fim-ls--status :kind)) ""))

(defun fim-ls-status ()
  "Say what the server is doing, and what to do where it cannot."
  (interactive)
  (message "%s" (if fim-ls--status
                    (string-trim (format "FIM: %s (%s %s). %s"
                                         (lsp-get fim-ls--status :kind)
                                         (lsp-get fim-ls--status :provider)
                                         (lsp-get fim-ls--status :model)
                                         (lsp-get fim-ls--status :message)))
                  "FIM: the server has not said anything yet")))

(defun fim-ls--execute (command &rest arguments)
  "Let the server run COMMAND with ARGUMENTS."
  (if-let ((workspace (lsp-find-workspace 'fim-ls (buffer-file-name))))
      (with-lsp-workspace workspace
        (lsp-request "workspace/executeCommand" (list :command command :arguments (vconcat arguments))))
    (user-error "No fim-language-server runs for this buffer")))

(defun fim-ls-snooze (minutes)
  "Ask for no ghost text for MINUTES, by default 15; 0 ends it."
  (interactive "P")
  (fim-ls--execute "fim.snooze" (if minutes (prefix-numeric-value minutes) 15)))

(defun fim-ls-toggle-language ()
  "Switch ghost text off, or on again, for the language of this buffer, until the server ends."
  (interactive)
  (let* ((language (lsp-buffer-language))
         (now (fim-ls--execute "fim.toggleLanguage" language)))
    (message "FIM: %s for %s" (if (eq (lsp-get now :enabled) t) "on" "off") language)))

;; `$/fim/refresh': the server has a better text than the one it answered last. It is asked for as if by typing, where
;; that is still of use, and then takes the place of what is drawn. lsp-mode has no public names for what it draws.

(defvar-local fim-ls--dismissed nil
  "The version of the text at which ghost text was last taken away.")

(defun fim-ls--note-dismissal ()
  "What was taken away must not come back by itself."
  (setq fim-ls--dismissed lsp--cur-version))

(defun fim-ls--refresh (params)
  "Ask again, if point is where PARAMS of `$/fim/refresh' say, and the text is as it was."
  (let ((place (if (overlayp lsp-inline-completion--overlay) lsp-inline-completion--start-point (point))))
    (when (and lsp-inline-completion-mode
               (buffer-file-name)
               (equal (lsp-get params :uri) (lsp--buffer-uri))
               (eql (lsp-get params :version) lsp--cur-version)
               (not (eql lsp--cur-version fim-ls--dismissed))
               (equal (list (lsp-get params :line) (lsp-get params :character))
                      (save-excursion
                        (goto-char place)
                        (let ((position (lsp--cur-position)))
                          (list (plist-get position :line) (plist-get position :character))))))
      (goto-char place) ; While ghost text is drawn, point may be a character before it.
      (lsp-inline-completion-display 'implicit))))

(defun fim-ls--receive-refresh (_workspace params)
  "Act on PARAMS of `$/fim/refresh' once this message is done: asking waits for an answer."
  (run-at-time 0 nil #'fim-ls--refresh params))

(add-hook 'lsp-inline-completion-cancelled-hook #'fim-ls--note-dismissal)

(defun fim-ls--options ()
  "Return the user's settings, and those of the project of this buffer."
  (list :fim (default-value 'fim-ls-settings) :fimWorkspace fim-ls-workspace-settings))

(lsp-register-client
 (make-lsp-client :new-connection (lsp-stdio-connection (lambda () (default-value 'fim-ls-command)))
                  :activation-fn (lambda (&rest _) t)
                  :add-on? t
                  :priority -1
                  :server-id 'fim-ls
                  :initialization-options #'fim-ls--options
                  :custom-capabilities '((experimental . ((fim . ((refresh . t) (lineEnds . t))))))
                  :notification-handlers (ht ("$/fim/status" #'fim-ls--receive-status)
                                             ("$/fim/refresh" #'fim-ls--receive-refresh))))

;; lsp-mode asks where the last change left point, and only if it is there still. What closes a bracket by itself
;; (`electric-pair-mode', smartparens) changes the text behind point, or moves it back: what counts is where the command
;; left it.

(defvar-local fim-ls--tick nil
  "The buffer's modification count after the last command.")

(defun fim-ls--note-point ()
  "Let lsp-mode ask where the last command left point, if it changed the text."
  (let ((tick (buffer-chars-modified-tick)))
    (unless (eql tick fim-ls--tick)
      (setq fim-ls--tick tick)
      (when (eq (plist-get lsp--after-change-vals :buffer) (current-buffer))
        (setq lsp--after-change-vals (plist-put lsp--after-change-vals :point (point)))))))

;; lsp-mode itself switches its inline completion on for a server that offers it.
(defun fim-ls--configure ()
  "Ask sooner than lsp-mode would, and where the command left point, in this buffer."
  (setq fim-ls--tick (buffer-chars-modified-tick))
  (add-hook 'post-command-hook #'fim-ls--note-point nil t)
  (setq-local lsp-inline-completion-idle-delay fim-ls-idle-delay))

(add-hook 'lsp-configure-hook #'fim-ls--configure)
(define-key lsp-inline-completion-active-map (kbd "TAB") #'lsp-inline-completion-accept)

(provide 'fim-ls)
;;; fim-ls.el ends here
