/** Tab and Escape mean the next edit only where nobody else wants them: the manifest's `when` clauses, evaluated. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { ESCAPE_WHEN, SHOWN, TAB_WHEN, TAKES_TAB } from "../../../../editors/next-edit/keys";

type Keys = Record<string, boolean | string>;

const MANIFEST = path.resolve(__dirname, "../../../../editors/vscode/package.json");
const bindings: { command: string; key: string; when: string }[] = JSON.parse(fs.readFileSync(MANIFEST, "utf8")).contributes.keybindings;
const SHOWING: Keys = { editorTextFocus: true, [SHOWN]: true, [TAKES_TAB]: true };

function whenOf(command: string): string {
  return bindings.find((binding) => binding.command === command)!.when;
}

/** Evaluate a `when` clause of `!`, `==`, `&&`, `||` and parentheses (code.visualstudio.com/api/references/when-clause-contexts). */
function holds(when: string, keys: Keys): boolean {
  const words = when.match(/&&|\|\||==|!|\(|\)|'[^']*'|[\w.]+/g) ?? [];
  let at = 0;
  const atom = (): boolean => {
    const word = words[at++]!;
    if (word === "!") {
      return !atom();
    }
    if (word === "(") {
      const value = either();
      assert.equal(words[at++], ")");
      return value;
    }
    if (words[at] === "==") {
      at += 2;
      return keys[word] === words[at - 1]!.slice(1, -1);
    }
    return Boolean(keys[word]);
  };
  const both = (): boolean => {
    let value = atom();
    while (words[at] === "&&") {
      at += 1;
      const next = atom();
      value = value && next;
    }
    return value;
  };
  const either = (): boolean => {
    let value = both();
    while (words[at] === "||") {
      at += 1;
      const next = both();
      value = value || next;
    }
    return value;
  };
  const value = either();
  assert.equal(at, words.length, when);
  return value;
}

test("the manifest has the clauses that the playground has", () => {
  assert.equal(whenOf("fim.takeNextEdit"), TAB_WHEN);
  assert.equal(whenOf("fim.hideNextEdit"), ESCAPE_WHEN);
});

test("with an edit shown, and nothing else, Tab and Escape mean it", () => {
  assert.equal(holds(TAB_WHEN, SHOWING), true);
  assert.equal(holds(ESCAPE_WHEN, SHOWING), true);
});

for (const missing of Object.keys(SHOWING)) {
  test(`without ${missing} Tab is not ours`, () => {
    assert.equal(holds(TAB_WHEN, { ...SHOWING, [missing]: false }), false);
  });
}

test("without an edit, or in another part of the window, Escape is not ours; where Tab indents it is", () => {
  assert.equal(holds(ESCAPE_WHEN, { ...SHOWING, [SHOWN]: false }), false);
  assert.equal(holds(ESCAPE_WHEN, { ...SHOWING, editorTextFocus: false }), false);
  assert.equal(holds(ESCAPE_WHEN, { ...SHOWING, [TAKES_TAB]: false }), true);
});

const OF_BOTH = ["inSnippetMode", "suggestWidgetVisible", "inlineSuggestionVisible", "inlineEditIsVisible", "editorHasSelection", "editorHasMultipleSelections", "renameInputVisible"];
const OF_TAB = ["editorTabMovesFocus", "editorReadonly"];
const OF_ESCAPE = ["findWidgetVisible", "parameterHintsVisible", "referenceSearchVisible", "editorHoverVisible", "notificationToastsVisible", "vim.active", "neovim.init"];

for (const other of [...OF_BOTH, ...OF_TAB]) {
  test(`Tab is left alone with ${other}`, () => {
    assert.equal(holds(TAB_WHEN, { ...SHOWING, [other]: true }), false);
  });
}

for (const other of [...OF_BOTH, ...OF_ESCAPE]) {
  test(`Escape is left alone with ${other}`, () => {
    assert.equal(holds(ESCAPE_WHEN, { ...SHOWING, [other]: true }), false);
  });
}

test("in Vim's insert mode Tab means the edit, in its other modes it is Vim's", () => {
  const modes = ["Insert", "Normal", "Visual", "Replace"].filter((mode) => holds(TAB_WHEN, { ...SHOWING, "vim.active": true, "vim.mode": mode }));
  assert.deepEqual(modes, ["Insert"]);
  const neovims = ["insert", "normal", "visual", "cmdline"].filter((mode) => holds(TAB_WHEN, { ...SHOWING, "neovim.init": true, "neovim.mode": mode }));
  assert.deepEqual(neovims, ["insert"]);
});
