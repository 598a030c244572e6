/** `$/fim/refresh` in the page: the better text takes the place of a guess, without a key. */

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Playground } from "./page.mjs";

const body = (name, operator) => `def ${name}(a, b):\n    total = a ${operator} b\n    return total\n\n\n`;
const FINISHED = body("add", "+");
// As often the one as the other: no guess among them is sure, or the model would not be asked.
const OPERATORS = ["*", "-", "/", "%"];
const KNOWN = Array.from({ length: 8 }, (_, n) => body(`f${n}`, OPERATORS[n % 4])).join("");
const GUESS = /^a [-*/%] b$/;

let it;

/** The model is slow and says "a + b"; what the offline one makes of the workspace is shown meanwhile. */
beforeEach(async () => {
  const settings = { embedded: { instantGuess: true, minConfidence: 0.1 } };
  it = await Playground.open({ finished: [FINISHED], files: { "known.py": KNOWN }, settings });
  await it.logs("the workspace is indexed");
  await it.answer({ script: { first_byte_after: 1.2 } });
  await it.enter("def add(a, b):\ntotal = ");
  await it.wait(async () => GUESS.test(await it.ghost()), () => "there was no guess");
});

afterEach(() => it?.close());

test("the better text takes the place of the guess, and is accepted", async () => {
  await it.ghostIs("a + b");
  await it.press("Tab");
  await it.shows("total = a + b");
});

test("it does not come back once it was dismissed", async () => {
  const told = [];
  const session = await it.page.context().newCDPSession(it.page);
  await session.send("Network.enable");
  session.on("Network.webSocketFrameReceived", ({ response }) => told.push(JSON.parse(response.payloadData).method));
  await it.press("Escape");
  await it.ghostIs("");
  await it.wait(() => told.includes("$/fim/refresh"), () => "the server never had a better text");
  await it.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)));
  assert.equal(await it.ghost(), "");
});
