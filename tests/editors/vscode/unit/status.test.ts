/** What the status bar says of what the server says. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { counts, draw, KINDS, ownStatus, readStatus, type Status } from "../../../../editors/vscode/src/status";

function status(more: Partial<Status>): Status {
  return { ...ownStatus("ready"), ...more };
}

function check(given: Partial<Status>, elapsed: number, text: string, severity = "none"): void {
  const drawn = draw(status(given), elapsed);
  assert.deepEqual([drawn.text, drawn.severity], [text, severity]);
}

test("a pause counts down to nothing", () => {
  check({ kind: "paused", seconds: 12 }, 0, "$(debug-pause) FIM 12 s", "warning");
  check({ kind: "paused", seconds: 12 }, 11.2, "$(debug-pause) FIM 1 s", "warning");
  check({ kind: "paused", seconds: 12 }, 30, "$(debug-pause) FIM 0 s", "warning");
});

test("a snooze is told in minutes until the last one", () => {
  check({ kind: "snoozed", seconds: 300 }, 0, "$(bell-slash) FIM 5 min");
  check({ kind: "snoozed", seconds: 300 }, 241, "$(bell-slash) FIM 59 s");
});

test("the model of the workspace is named; an error alarms", () => {
  check({ kind: "offline" }, 0, "$(device-desktop) FIM offline");
  check({ kind: "error" }, 0, "$(error) FIM", "error");
  check({ kind: "stopped" }, 0, "$(error) FIM", "error");
});

test("the tooltip has the server's sentence, and who completes", () => {
  const { tooltip } = draw(status({ kind: "error", message: "The key was refused: set another.", provider: "codestral", model: "codestral-latest" }));
  assert.match(tooltip, /The key was refused: set another\.\n\ncodestral · codestral-latest/);
});

test("a next edit is named beside the status, and described in the tooltip", () => {
  const { text, tooltip } = draw(status({}), 0, { place: "line 42", description: "Next edit: line 42." });
  assert.match(text, /FIM → line 42$/);
  assert.match(tooltip, /^Next edit: line 42\.\n\n/);
});

test("every kind has a text and a meaning", () => {
  for (const kind of KINDS) {
    const drawn = draw(ownStatus(kind));
    assert.match(drawn.text, /^\$\([a-z~-]+\) FIM/);
    assert.match(drawn.tooltip, /^[A-Z].*\./);
  }
});

test("a notification is read as far as it is one", () => {
  assert.deepEqual(readStatus({ kind: "paused", message: "m", provider: "p", model: "x", seconds: 3 }), {
    kind: "paused",
    message: "m",
    provider: "p",
    model: "x",
    seconds: 3,
  });
  assert.deepEqual(readStatus({ kind: "ready", seconds: "soon", message: 4 }), ownStatus("ready"));
  for (const wrong of [undefined, null, "ready", {}, { kind: "dreaming" }]) {
    assert.equal(readStatus(wrong), undefined);
  }
});

test("only what lasts is drawn again with time", () => {
  assert.equal(counts(status({ seconds: 4 })), true);
  assert.equal(counts(status({ seconds: 0 })), false);
  assert.equal(counts(status({ seconds: null })), false);
});
