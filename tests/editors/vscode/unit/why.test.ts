/** The page that says why something was suggested, or nothing. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { describeDecisions } from "../../../../editors/vscode/src/why";

const DECISION = {
  time: "2026-01-31T12:00:00.123+00:00",
  uri: "file:///project/h%C3%A4lfte.py",
  language: "python",
  line: 3,
  column: 11,
  trigger: "automatic",
  answer: "suggestion",
  reason: "asked of the model",
  source: "provider",
  model: "codestral-latest",
  characters: 14,
  ms: 312.4,
  way: [{ step: "debounce", ms: 0.1 }, { step: "provider", ms: 50.3 }],
  filters: ["rest of line"],
  droppedBy: null,
};

test("a decision says when, where, what, and by which way", () => {
  const [, block] = describeDecisions([DECISION]).split("\n\n");
  assert.equal(
    block,
    "12:00:00  hälfte.py:4:12  automatic  suggestion: asked of the model\n" +
      "    from provider, codestral-latest, 312 ms, debounce after 0 ms, provider after 50 ms, changed by rest of line\n",
  );
});

test("each piece of another file that was sent has a line of its own", () => {
  const piece = { path: "billing.py", line: 11, lines: 16, characters: 402, source: "an open document", words: ["post", "ledger"] };
  const page = describeDecisions([{ ...DECISION, pieces: [piece, { ...piece, path: "b.py", words: [] }] }]);
  assert.match(page, /\n {4}sent with it: billing\.py:12-27, an open document, for post, ledger \(402 characters\)\n/);
  assert.match(page, /\n {4}sent with it: b\.py:12-27, an open document \(402 characters\)\n/);
});

test("what the server does not say is left out", () => {
  const page = describeDecisions([{ answer: "nothing", reason: "the language is switched off", uri: "untitled:%", way: null }]);
  assert.match(page, /untitled:%  nothing: the language is switched off\n/);
});

test("a company's policy is named once, above the decisions", () => {
  const policy = "The settings are managed by /etc/policy.json; it locks provider.kind.";
  const [, second, third] = describeDecisions([{ ...DECISION, policy }, { ...DECISION, policy }]).split("\n\n");
  assert.equal(second, policy);
  assert.match(third ?? "", /^12:00:00/);
});

test("the decisions keep their order", () => {
  const page = describeDecisions([{ ...DECISION, reason: "asked later" }, { ...DECISION, reason: "asked before" }]);
  assert.ok(page.indexOf("asked later") < page.indexOf("asked before"));
});

test("without a decision it says so", () => {
  for (const answer of [[], null, "text"]) {
    assert.match(describeDecisions(answer), /type something/);
  }
});
