/** A text that begins with a line end: drawn below a finished line, typed through with Enter, taken by word and by line. */

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { Playground } from "./page.mjs";

const BODY = "    total = a + b\n    return total";

let it;

before(async () => {
  it = await Playground.open({ finished: [""] });
});

after(() => it?.close());

beforeEach(async () => {
  await it.answer({ answer: `\n${BODY}` });
  await it.press("Escape", "Control+a", "Delete");
  await it.enter("def add(a, b):");
  await it.belowIs(BODY);
});

test("it is drawn before Enter, and accepted whole", async () => {
  assert.equal((await it.seen()).trimEnd(), "def add(a, b):");
  await it.press("Tab");
  await it.shows(`def add(a, b):\n${BODY}`);
});

test("Enter and what it says leave the rest standing, and ask the model nothing", async () => {
  const before = (await it.api.completions()).length;
  await it.press("Enter");
  await it.ghostIs("total = a + b");
  await it.type("total = a + b");
  await it.belowIs("    return total");
  await it.press("Enter");
  await it.ghostIs("return total");
  assert.equal((await it.api.completions()).length, before);
});

test("accepting by line and by word passes line ends", async () => {
  await it.press("Control+Alt+ArrowRight");
  await it.ghostIs("    total = a + b");
  await it.press("Control+Alt+ArrowRight");
  await it.ghostIs("    return total");
  for (let word = 0; word < 4; word++) await it.press("Control+ArrowRight");
  await it.shows(`def add(a, b):\n${BODY}`);
});
