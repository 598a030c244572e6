/** The page as users see it: what is typed, what is offered, and what the panel says about it. */

import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { after, before, test } from "node:test";
import { ROOT } from "../../vscode/e2e/paths.mjs";
import { Playground } from "./page.mjs";

const [PYTHON] = JSON.parse(await fs.readFile(path.join(ROOT, "editors/playground/src/samples.json"), "utf-8"));
const FINISHED = `${PYTHON.text}self.items.append(plum)\n`;

let it;

before(async () => {
  it = await Playground.open({ finished: [FINISHED] });
});

after(() => it?.close());

test("the page says who completes, and where", async () => {
  assert.equal(await it.page.locator("#folder").innerText(), "shop");
});

test("the sample opens with a suggestion, before any key", async () => {
  await it.ghostIs("self.items.append(plum)");
  const card = it.card("Offered: asked of the model");
  await card.waitFor();
  assert.match(await card.locator(".stations .answered").innerText(), /^provider /);
});

test("a key without an answer has its reason in the panel", async () => {
  await it.press("ArrowUp", "Home", "ArrowRight", "x");
  const silent = it.page.locator("#ways li").first().filter({ hasText: "Silent: " });
  await silent.waitFor();
  assert.ok((await silent.locator(".headline").innerText()).length > "Silent: ".length + 3);
  assert.equal(await it.ghost(), "");
  await it.press("Backspace", "Control+End");
});

test("the text comes back where it was, and follows what is typed", async () => {
  await it.type("self.items.a");
  await it.ghostIs("ppend(plum)");
});

test("typing on along the suggestion asks the model nothing", async () => {
  const before = (await it.api.completions()).length;
  await it.type("ppe");
  await it.card("known from an earlier answer").waitFor();
  await it.ghostIs("nd(plum)");
  assert.equal((await it.api.completions()).length, before);
  if (process.env.FIM_PICTURES) await it.page.screenshot({ path: path.join(ROOT, process.env.FIM_PICTURES, "playground.png") });
});

test("the panel asks after answers only: where nothing is typed, nothing is sent", async () => {
  const sent = [];
  const session = await it.page.context().newCDPSession(it.page);
  await session.send("Network.enable");
  session.on("Network.webSocketFrameSent", ({ response }) => sent.push(JSON.parse(response.payloadData)));
  const known = () => sent.filter((message) => message.params?.command === "fim.showWhy").length;
  await it.type("n");
  await it.ghostIs("d(plum)");
  await it.wait(() => known() > 0, () => "the panel never asked");
  const before = sent.length;
  await it.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)));
  assert.deepEqual(sent.slice(before), []);
  await session.detach();
});

test("Escape takes the ghost text away, and the next key brings it again", async () => {
  await it.press("Escape");
  await it.ghostIs("");
  await it.type("d");
  await it.ghostIs("(plum)");
});

test("Ctrl-Right accepts a word, and Tab the rest", async () => {
  await it.press("Control+ArrowRight");
  await it.ghostIs("plum)");
  await it.press("Tab");
  await it.shows("self.items.append(plum)");
  assert.equal((await it.seen()).match(/append\(plum\)/g).length, 1, "nothing is there twice");
});

test("Ctrl-Alt-Right accepts a line, and Tab the lines that are left", async () => {
  await it.answer({ answer: "n = len(prices)\n    return n" });
  await it.enter("def count(prices):\n");
  await it.ghostIs("n = len(prices)");
  await it.press("Control+Alt+ArrowRight");
  await it.ghostIs("    return n");
  await it.press("Tab"); // On a line without text Tab indents, and agrees with the ghost text.
  await it.ghostIs("return n");
  await it.press("Tab");
  await it.shows("return n");
  assert.equal((await it.seen()).match(/len\(prices\)/g).length, 1, "nothing is there twice");
});

test("Alt-] and Alt-[ go through the texts that an explicit request brings", async () => {
  await it.answer({ answer: "one" });
  await it.press("Enter", "Enter");
  await it.type("n = ");
  await it.ghostIs("one");
  await it.answer({ answer: "two" });
  await it.press("Alt+\\");
  await it.card("asked by hand").waitFor();
  await it.press("Alt+BracketRight");
  await it.ghostIs("two");
  await it.press("Alt+BracketLeft");
  await it.ghostIs("one");
  await it.press("Alt+BracketRight");
  await it.ghostIs("two");
  await it.press("Tab");
  await it.shows("n = two");
});

test("another language is another file of the workspace", async () => {
  await it.page.locator("#language").selectOption("typescript");
  await it.page.locator("#editor .view-lines", { hasText: "export class Basket" }).waitFor();
  assert.deepEqual(await fs.readdir(it.workspace), [], "nothing is saved");
});

test("nothing came from elsewhere, and the browser had nothing to complain about", () => {
  const outside = it.asked.filter((url) => !url.startsWith(it.url) && !url.startsWith("data:") && !url.startsWith("blob:"));
  assert.deepEqual([outside, it.complaints], [[], []]);
});

test("the page says so when the server has ended", async () => {
  it.process.kill();
  await it.page.locator("#status", { hasText: "The server has ended" }).waitFor();
});
