import assert from "node:assert/strict";
import { test } from "node:test";
import { languageOf } from "../../../../editors/playground/src/samples";
import { sentence } from "../../../../editors/playground/src/status";

const READY = { kind: "ready", message: "", provider: "mistral", model: "codestral-latest", seconds: null };

test("the status says state, who completes, and for how long", () => {
  assert.equal(sentence(READY), "ready — mistral · codestral-latest");
  assert.equal(sentence({ ...READY, kind: "paused", message: "Too many requests.", seconds: 11.2 }), "paused for 12 s — mistral · codestral-latest — Too many requests.");
  assert.equal(sentence({ ...READY, kind: "offline", provider: "embedded", model: "embedded" }), "ready, offline — embedded");
});

test("a language that the page does not know is plain text for the editor, and itself for the server", () => {
  const { id, monaco } = languageOf("cobol");
  assert.deepEqual([id, monaco], ["cobol", "plaintext"]);
});
