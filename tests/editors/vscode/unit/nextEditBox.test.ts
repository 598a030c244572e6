/** The box with new lines: right of the text, in one column, never outside of the file. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { columns, expandTabs, layBox } from "../../../../editors/vscode/src/nextEditBox";
import { textOf } from "./nextEdit";

const TEXT = textOf("def pay(total):\n\tcheck(total)\n    return total\n");

function box(lines: string[], first = 1, removed = 0, text = TEXT) {
  return layBox({ kind: "lines", first, removed, lines }, text, 4);
}

test("the rows stand behind the lines that they replace, all at the same column, without their common indentation", () => {
  const rows = box(["    if total:", "        check(total)"]);
  assert.deepEqual(rows.map(({ text }) => text), [" if total:        ", "     check(total) "]);
  assert.deepEqual(rows.map(({ line }) => line), [1, 2]);
  assert.deepEqual(rows.map(({ line, gap }) => columns(expandTabs(TEXT.line(line), 4)) + gap), [20, 20]);
});

test("at the end of a file the box begins further up", () => {
  assert.deepEqual(box(["a", "b", "c"], 4).map(({ line }) => line), [1, 2, 3]);
});

test("what finds no room is counted", () => {
  const many = Array.from({ length: 9 }, (_, n) => `line ${n}`);
  assert.deepEqual(box(many, 0).map(({ text }) => text.trim()), ["line 0", "line 1", "line 2", "… 6 more lines"]);
  const long = textOf("x\n".repeat(100));
  assert.equal(box(Array.from({ length: 50 }, () => "y"), 60, 0, long).length, 16);
  assert.equal(box(["a", "b"], 0, 1, textOf("x")).map(({ text }) => text).join(), " … 2 more lines ");
});

test("blank lines say nothing of the indentation, and are rows, too", () => {
  assert.deepEqual(box(["    a", "", "    b"], 0).map(({ text }) => text), [" a ", "   ", " b "]);
});

test("tabs and wide characters take the columns that they are drawn with", () => {
  assert.equal(expandTabs("a\tb\t\tc", 4), "a   b       c");
  assert.equal(columns("目録 é"), 6);
  assert.equal(columns("e\u0301"), 1);
});
