/** The part of an edit that is drawn: never less than what changes, and within a line no more than the words that do. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { applied, drawingOf, editOf, range, readDrawing } from "./nextEdit";

const TEXT = "def pay(total):\n    check(total)\n    return total\n";

test("within a line the characters are drawn as the server names them", () => {
  const where = range(1, 10, 1, 15);
  assert.deepEqual(drawingOf(TEXT, editOf(where, "amount")), { kind: "characters", range: where, text: "amount" });
});

test("a line that comes in is drawn as a line, though the edit begins at the end of the one above", () => {
  const edit = editOf(range(1, 16, 1, 16), "\n    log(total)");
  assert.deepEqual(drawingOf(TEXT, edit), { kind: "lines", first: 2, removed: 0, lines: ["    log(total)"] });
});

test("lines that go are drawn without those that stay", () => {
  assert.deepEqual(drawingOf(TEXT, editOf(range(0, 15, 1, 16), "")), { kind: "lines", first: 1, removed: 1, lines: [] });
});

test("of several lines with one changed word, only that word is drawn", () => {
  const edit = editOf(range(0, 0, 2, 16), "def pay(total):\r\n    verify(total)\r\n    return total");
  assert.deepEqual(drawingOf(TEXT, edit), { kind: "characters", range: range(1, 4, 1, 9), text: "verify" });
});

test("an edit that changes nothing, or that lies outside of the text, is not drawn", () => {
  assert.equal(drawingOf(TEXT, editOf(range(1, 10, 1, 15), "total")), undefined);
  assert.equal(drawingOf(TEXT, editOf(range(0, 0, 1, 16), "def pay(total):\n    check(total)")), undefined);
  assert.equal(drawingOf(TEXT, editOf(range(1, 10, 1, 99), "x")), undefined);
  assert.equal(drawingOf(TEXT, editOf(range(4, 0, 4, 0), "x")), undefined);
});

test("whatever is drawn leads to the text that the edit makes, in 3,000 of them", () => {
  const random = seeded(17);
  const pieces = ["a", "total", " ", "\n", "\n\n", "(", "é", "👩‍👩‍👧", "\t", "x\ny", ""];
  const words = (most: number) => Array.from({ length: random(most) }, () => pieces[random(pieces.length)]).join("");
  let drawn = 0;
  for (let n = 0; n < 3000; n++) {
    const text = words(14);
    const lines = text.split("\n");
    const startLine = random(lines.length);
    const endLine = startLine + random(lines.length - startLine);
    const start = random(lines[startLine]!.length + 1);
    const end = Math.max(endLine === startLine ? start : 0, random(lines[endLine]!.length + 1));
    const edit = editOf(range(startLine, start, endLine, end), words(6));
    const change = drawingOf(text, edit);
    const wanted = applied(text, edit);
    assert.equal(change ? readDrawing(text, change) : text, wanted, JSON.stringify({ text, edit, change }));
    drawn += change ? 1 : 0;
  }
  assert.ok(drawn > 1500, `${drawn}`);
});

/** Numbers below a bound, the same ones in each run (a linear congruential generator). */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
