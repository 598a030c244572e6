/** A text over the closer that the editor has set: drawn around it, typed through, and put in its place. */

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { Playground } from "./page.mjs";

let it;

before(async () => {
  it = await Playground.open({ finished: [""] });
});

after(() => it?.close());

beforeEach(async () => {
  await it.answer({ answer: "a, b) if a else None" });
  await it.press("Escape", "Control+a", "Delete");
});

test("it is drawn on both sides of the closer, and accepted whole", async () => {
  await it.type("print(");
  await it.ghostIs("a, b if a else None");
  assert.match(await it.seen(), /^print\(a, b\) if a else None/);
  await it.press("Tab");
  await it.shows("print(a, b) if a else None");
  assert.doesNotMatch(await it.seen(), /None\)/);
});

test("typing through it and over the closer asks the model nothing, and undo takes it back", async () => {
  await it.type("print(");
  await it.ghostIs("a, b if a else None");
  const before = (await it.api.completions()).length;
  await it.type("a, ");
  await it.ghostIs("b if a else None");
  await it.type("b)");
  await it.ghostIs(" if a else None");
  assert.equal((await it.api.completions()).length, before);
  await it.press("Tab");
  await it.shows("print(a, b) if a else None");
  await it.press("Control+z");
  await it.wait(async () => /^print\(a, b\)/.test(await it.seen()), () => "undo does not take it back");
});
