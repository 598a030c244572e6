/** The server is told once the cursor has left the word that was edited, and rests; not with each key and each move. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Leaving, REST_MS } from "../../../../editors/next-edit/leaving";
import { URI } from "./nextEdit";

/** An editor with the cursor behind `def pay(amou`; `told` has the places that the server was told of. */
class FakeEditor {
  version = 1;
  line = 0;
  character = 12;
  before = "def pay(amou";
  uri = URI;
  told: string[] = [];
  timers: (() => void)[] = [];
  leaving = new Leaving(
    () => ({ cursor: { uri: this.uri, position: { line: this.line, character: this.character }, before: this.before, isVisible: () => true }, version: this.version }),
    (ms, act) => this.timers.push(ms === REST_MS ? act : () => assert.fail(`${ms} ms`)),
    ({ position }, version) => this.told.push(`${version} ${position.line}:${position.character}`),
  );

  /** A key: editors tell of the text first, of the cursor then. */
  type(letter: string) {
    this.version += 1;
    this.leaving.look();
    this.before += letter;
    this.move(this.line, this.character + 1);
  }

  move(line: number, character: number) {
    this.line = line;
    this.character = character;
    this.leaving.look();
  }

  rest() {
    const due = this.timers;
    this.timers = [];
    due.forEach((act) => act());
  }
}

function typed(letters = "nts") {
  const editor = new FakeEditor();
  editor.leaving.look();
  for (const letter of letters) {
    editor.type(letter);
  }
  return editor;
}

test("keys alone tell the server nothing, nor do moves in a document that was not edited", () => {
  const editor = typed("nts");
  editor.rest();
  assert.deepEqual([editor.told, editor.timers], [[], []]);
  const opened = new FakeEditor();
  opened.leaving.look();
  opened.move(3, 0);
  opened.move(4, 0);
  assert.deepEqual(opened.timers, []);
});

test("a cursor that leaves the word and rests is told of, with the version", () => {
  for (const [line, character] of [[0, 16], [0, 7], [1, 12], [5, 0]] as const) {
    const editor = typed();
    editor.move(line, character);
    assert.deepEqual(editor.told, []);
    editor.rest();
    assert.deepEqual(editor.told, [`4 ${line}:${character}`]);
  }
});

test("within the word nothing is told", () => {
  const editor = typed();
  for (const character of [14, 8, 11]) {
    editor.move(0, character);
  }
  assert.deepEqual(editor.timers, []);
});

test("a cursor on its way is told of where it rests", () => {
  const editor = typed();
  editor.move(1, 12);
  editor.move(2, 12);
  editor.rest();
  assert.deepEqual(editor.told, []);
  editor.rest();
  assert.deepEqual(editor.told, ["4 2:12"]);
});

test("a cursor that came back, another key, or another document: nothing is told", () => {
  const back = typed();
  back.move(1, 0);
  back.move(0, 15);
  back.rest();
  const key = typed();
  key.move(1, 0);
  key.type("x");
  key.rest();
  const other = typed();
  other.move(1, 0);
  other.uri = "file:///other.py";
  other.leaving.look();
  other.rest();
  assert.deepEqual([back.told, key.told, other.told], [[], [], []]);
});

test("after one edit the server is told three times at most", () => {
  const editor = typed();
  for (let line = 1; line < 9; line++) {
    editor.move(line, 0);
    editor.rest();
  }
  assert.deepEqual(editor.told, ["4 1:0", "4 2:0", "4 3:0"]);
  editor.type("y");
  editor.move(20, 0);
  editor.rest();
  assert.equal(editor.told.length, 4);
});
