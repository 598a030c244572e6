import assert from "node:assert/strict";
import { test } from "node:test";
import { describe, milliseconds, type Decision } from "../../../../editors/playground/src/way";

const OFFERED: Decision = {
  time: "2026-01-31T12:00:00.123+00:00",
  line: 3,
  column: 11,
  trigger: "automatic",
  answer: "suggestion",
  reason: "asked of the model",
  source: "provider",
  model: "codestral-latest",
  characters: 14,
  ms: 312.4,
  way: [
    { step: "debounce", ms: 0.1 },
    { step: "provider", ms: 50.3 },
  ],
  filters: ["rest of line"],
  droppedBy: null,
};

test("a card says what came of a key, where, from whom and how fast", () => {
  const card = describe(OFFERED);
  assert.deepEqual([card.isOffered, card.headline, card.ms], [true, "Offered: asked of the model", "312 ms"]);
  assert.equal(card.detail, "line 4, column 12 · 14 characters · codestral-latest");
});

test("pieces of other files have a heading with lines from one, and their text where it is known", () => {
  const piece = { path: "billing.py", line: 11, lines: 16, characters: 402, source: "an open document", words: ["post", "ledger"] };
  assert.deepEqual(describe({ ...OFFERED, pieces: [{ ...piece, text: "def post():" }, { ...piece, words: [] }] }).pieces, [
    { heading: "billing.py:12-27 · an open document · for post, ledger", text: "def post():" },
    { heading: "billing.py:12-27 · an open document", text: "" },
  ]);
  assert.deepEqual(describe(OFFERED).pieces, []);
});

test("stations are the usual ones in their order: missed, passed, or the one that answered; then the filters", () => {
  assert.deepEqual(describe(OFFERED).stations, [
    { name: "cache", state: "missed" },
    { name: "stream", state: "missed" },
    { name: "debounce", state: "passed", at: 0.1 },
    { name: "provider", state: "answered", at: 50.3 },
    { name: "rest of line", state: "passed" },
  ]);
});

test("silence has its reason, and the filter that left nothing is told from those that changed something", () => {
  const silent: Decision = { ...OFFERED, answer: "nothing", reason: "inside a word", source: null, way: [], filters: ["a", "b"], droppedBy: "b" };
  const card = describe(silent);
  assert.deepEqual([card.isOffered, card.headline], [false, "Silent: inside a word"]);
  assert.deepEqual(card.stations.slice(-2), [
    { name: "a", state: "passed" },
    { name: "b", state: "stopped" },
  ]);
});

test("stations that this page does not know are shown, too", () => {
  const names = describe({ ...OFFERED, way: [{ step: "alternatives", ms: 1 }] }).stations.map((it) => it.name);
  assert.ok(names.includes("alternatives"));
});

test("short times have tenths", () => {
  assert.deepEqual([milliseconds(0.34), milliseconds(12.6)], ["0.3 ms", "13 ms"]);
});
