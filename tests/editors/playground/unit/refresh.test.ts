import assert from "node:assert/strict";
import { test } from "node:test";
import { isStillWanted } from "../../../../editors/playground/src/refresh";

const PLACE = { uri: "file:///a.py", version: 7, line: 3, character: 11 };

test("the server is asked again where the user still is", () => {
  assert.ok(isStillWanted(PLACE, { ...PLACE }, undefined));
});

test("not at another place, in another document, or about another text", () => {
  for (const other of [{ line: 4 }, { character: 10 }, { uri: "file:///b.py" }, { version: 8 }]) {
    assert.ok(!isStillWanted(PLACE, { ...PLACE, ...other }, undefined));
  }
});

test("what was dismissed does not come back by itself; what was dismissed elsewhere does not matter", () => {
  assert.ok(!isStillWanted(PLACE, PLACE, { ...PLACE }));
  assert.ok(isStillWanted(PLACE, PLACE, { ...PLACE, version: 6 }));
});
