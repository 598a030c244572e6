/** A server that dies is started again, once. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { RESTART_PAUSE_MS, Restarts } from "../../../../editors/vscode/src/restarts";

test("the second death soon after the first one is final", () => {
  const restarts = new Restarts();
  assert.equal(restarts.mayRestart(1000), true);
  assert.equal(restarts.mayRestart(1000 + RESTART_PAUSE_MS - 1), false);
});

test("a death long after the last one is a first one", () => {
  const restarts = new Restarts();
  assert.equal(restarts.mayRestart(0), true);
  assert.equal(restarts.mayRestart(RESTART_PAUSE_MS), true);
});

test("starting by hand begins anew", () => {
  const restarts = new Restarts();
  restarts.mayRestart(0);
  restarts.reset();
  assert.equal(restarts.mayRestart(1), true);
});
