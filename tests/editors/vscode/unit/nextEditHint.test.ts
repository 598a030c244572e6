/** Where an edit lies, seen from the cursor: what is said of it, and what Tab does. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Cursor, describeOffer, hintOf, isAway, takesTab } from "../../../../editors/next-edit/hint";
import { editOf, range, URI } from "./nextEdit";

const EDIT = editOf(range(40, 4, 42, 0), "x");

function cursorAt(line: number, more: Partial<Cursor> = {}): Cursor {
  return { uri: URI, position: { line, character: 8 }, before: "    word", isVisible: () => true, ...more };
}

test("an edit is away when it is further than a line off", () => {
  const near = Array.from({ length: 60 }, (_, line) => line).filter((line) => !isAway(EDIT, cursorAt(line)));
  assert.deepEqual(near, [39, 40, 41, 42, 43]);
});

test("an edit that is out of view is away, until the cursor is on its line: a jump leads to something to take", () => {
  const scrolled = { isVisible: () => false };
  assert.equal(isAway(EDIT, cursorAt(41, scrolled)), true);
  assert.equal(isAway(EDIT, cursorAt(40, scrolled)), false);
});

test("an edit in another file is away, and the hint has the file's name", () => {
  const elsewhere = cursorAt(40, { uri: "file:///a%20b/cart.py" });
  assert.equal(isAway(EDIT, elsewhere), true);
  assert.equal(hintOf(EDIT, elsewhere), "Tab: next edit, shop.py, line 41");
  const odd = editOf(range(0, 0, 0, 0), "x", { document: { uri: "file:///%C3%A9%zz.py", version: 1 } });
  assert.equal(hintOf(odd, elsewhere), "Tab: next edit, %C3%A9%zz.py, line 1");
});

test("where only blanks stand before the cursor Tab indents, and the hint does not name the key", () => {
  const blank = cursorAt(3, { before: "    " });
  assert.equal(takesTab(EDIT, blank), false);
  assert.equal(hintOf(EDIT, blank), "Next edit: line 41");
  assert.equal(hintOf(EDIT, cursorAt(3)), "Tab: next edit, line 41");
});

test("on the lines of the edit itself Tab takes it, whatever stands before the cursor", () => {
  assert.equal(takesTab(EDIT, cursorAt(40, { before: "" })), true);
  assert.equal(takesTab(EDIT, cursorAt(39, { before: "" })), false);
});

test("the tooltip says what found it, where it is, and how many follow", () => {
  const keys = "Tab goes there, then takes it; Escape dismisses it.";
  assert.equal(describeOffer(EDIT, URI), `Next edit (rename): line 41. ${keys}`);
  assert.equal(describeOffer({ ...EDIT, others: 1, source: "" }, URI), `Next edit: line 41. ${keys} 1 more place follows.`);
  assert.equal(describeOffer({ ...EDIT, others: 3 }, URI), `Next edit (rename): line 41. ${keys} 3 more places follow.`);
});
