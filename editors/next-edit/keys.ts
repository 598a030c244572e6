/**
 * The conditions under which Tab and Escape mean the next edit, as `when` clauses of VS Code and Monaco. Everything else
 * that wants these keys goes first: snippets, popups, ghost text, selections, several cursors, and Vim's normal mode.
 */

/** A context key: an edit is drawn, and it may be taken. */
export const SHOWN = "fim.nextEditShown";

/** A context key: Tab means the edit, and not indentation. */
export const TAKES_TAB = "fim.nextEditTakesTab";

const BOTH = [
  "editorTextFocus",
  SHOWN,
  "!editorHasSelection",
  "!editorHasMultipleSelections",
  "!inSnippetMode",
  "!suggestWidgetVisible",
  "!inlineSuggestionVisible",
  "!inlineEditIsVisible",
  "!renameInputVisible",
];

export const TAB_WHEN = [
  ...BOTH,
  TAKES_TAB,
  "!editorReadonly",
  "!editorTabMovesFocus",
  "(!vim.active || vim.mode == 'Insert')",
  "(!neovim.init || neovim.mode == 'insert')",
].join(" && ");

export const ESCAPE_WHEN = [
  ...BOTH,
  "!parameterHintsVisible",
  "!findWidgetVisible",
  "!referenceSearchVisible",
  "!markersNavigationVisible",
  "!dirtyDiffVisible",
  "!breakpointWidgetVisible",
  "!editorHoverVisible",
  "!inlineChatVisible",
  "!LinkedEditingInputVisible",
  "!notificationToastsVisible",
  "!vim.active",
  "!neovim.init",
].join(" && ");
