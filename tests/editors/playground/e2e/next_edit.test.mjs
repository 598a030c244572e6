/** Next edits in the page: drawn in the text and between its lines, jumped to, taken, undone, dismissed. */

import assert from "node:assert/strict";
import * as path from "node:path";
import { after, before, test } from "node:test";
import { ROOT } from "../../vscode/e2e/paths.mjs";
import { Playground } from "./page.mjs";

// Not indented: the editor does that itself.
const FAR = `pay(amount)\n${Array.from({ length: 40 }, (_, n) => `s${n}()`).join("\n")}`;
const LINES = "check(total)\npay(total)\nsend(total)";

let it;

before(async () => {
  it = await Playground.open({ finished: [""], relayed: true, settings: { trigger: { mode: "explicit" }, nextEdit: { mode: "off" } } });
});

after(() => it?.close());

function range(startLine, start, endLine, end) {
  return { start: { line: startLine, character: start }, end: { line: endLine, character: end } };
}

/** Put a text in place of all that is there, with the cursor at its end. */
async function write(text) {
  await it.press("Escape", "Control+a");
  await it.page.keyboard.insertText(text);
}

/** Offer an edit until it is drawn so: at first the page may not have told its newest version yet. */
async function offer(id, where, text, expected, more = {}) {
  const command = { title: "Accept", command: "fim.acceptNextEdit", arguments: [id] };
  await drawnIs(expected, () => {
    const textDocument = it.sent.filter(({ method }) => method === "textDocument/didChange").at(-1)?.params.textDocument;
    const edits = [{ text, range: where, textDocument, command, source: "rename", others: 0, ...more }];
    if (textDocument) it.tell("fim/nextEdit", { textDocument, edits });
  });
}

/** Wait until exactly this is drawn: words that go, words that come, lines that come, and the hint. */
async function drawnIs(expected, before = () => {}) {
  const part = async (name) => (await it.page.locator(`#editor .next-edit-${name}`).allInnerTexts()).join("").replaceAll("\u00a0", " ").trimEnd();
  let drawn;
  const isDrawn = async () => {
    before();
    drawn = {};
    for (const name of ["removed", "inserted", "lines", "hint"]) if (await part(name)) drawn[name] = await part(name);
    return JSON.stringify(drawn) === JSON.stringify(expected);
  };
  await it.wait(isDrawn, () => `drawn is ${JSON.stringify(drawn)}, and never ${JSON.stringify(expected)}`);
}

/** Wait until the page has told the server of what was shown, taken or dismissed. */
async function told(method, ...words) {
  const said = () => it.sent.some((message) => message.method === method && words.every((word) => JSON.stringify(message.params).includes(word)));
  await it.wait(said, () => `${method} ${words} is not among what was sent`);
}

async function picture(name) {
  if (process.env.FIM_PICTURES) await it.page.screenshot({ path: path.join(ROOT, process.env.FIM_PICTURES, `${name}.png`) });
}

test("an edit out of view has a hint; Tab jumps, Tab takes it, and undo takes exactly it back", async () => {
  await write(FAR);
  await offer("far", range(0, 4, 0, 10), "total", { hint: "   Tab: next edit, line 1" }, { others: 2 });
  await it.page.locator("#next", { hasText: "2 more places follow" }).waitFor();
  await picture("playground-next-edit-away");
  await it.press("Tab");
  await drawnIs({ removed: "amount", inserted: "total" });
  await told("textDocument/didShowInlineEdit", "far");
  await picture("playground-next-edit");
  await it.press("Tab");
  await drawnIs({});
  await it.shows("pay(total)");
  await told("workspace/executeCommand", "fim.acceptNextEdit", "far");
  await it.press("Control+z");
  await it.shows("pay(amount)");
});

test("new lines are drawn between the lines, and taken whole", async () => {
  await write(LINES);
  await it.press("ArrowUp", "ArrowUp", "End");
  const lines = "if not total:\n    raise ValueError(total)";
  await offer("lines", range(0, 12, 0, 12), `\n${lines}`, { lines });
  await picture("playground-next-edit-lines");
  await it.press("Tab");
  await it.shows(`check(total)\n${lines}\npay(total)`);
  await it.press("Control+z");
  await it.shows(LINES);
});

test("after a key elsewhere it stays until the server has spoken; Escape dismisses it, and Tab indents then", async () => {
  await write("total = 1\nprint(total)\n");
  const words = { removed: "total", inserted: "amount" };
  // On a blank line Tab indents.
  await offer("old", range(0, 0, 0, 5), "amount", { ...words, hint: "   Next edit: line 1" });
  await it.type("x");
  await offer("new", range(0, 0, 0, 5), "amount", { ...words, hint: "   Tab: next edit, line 1" });
  await it.press("Escape");
  await drawnIs({});
  await told("workspace/executeCommand", "fim.dismissNextEdit", "new");
  await it.press("Enter", "Tab");
  await it.type("y");
  await it.shows("x\n    y");
});

test("the browser had nothing to complain about", () => assert.deepEqual(it.complaints, []));

test("in the sample, a parameter that is renamed has its use follow, as the server finds by itself", async () => {
  await it.close();
  it = await Playground.open({ finished: [""], settings: { trigger: { mode: "explicit" } } });
  const line = it.page.locator("#editor .view-line", { hasText: "def add_apple" });
  await it.page.locator("#editor .view-line", { hasText: "def add_plum" }).waitFor();
  await it.press("Escape", "Control+Home", ...Array(6).fill("ArrowDown"), "End", "ArrowLeft", "ArrowLeft", "Control+Shift+ArrowLeft");
  await it.type("fruit");
  await it.wait(async () => (await line.innerText()).replaceAll("\u00a0", " ").includes("add_apple(self, fruit):"), () => "the name is not changed");
  // At the end of a word that stands nowhere else, it may not be finished.
  await it.press("End");
  await drawnIs({ removed: "apple", inserted: "fruit" });
  await picture("playground-next-edit-sample");
  await it.press("Tab");
  await it.shows("self.items.append(fruit)");
  await it.press("Control+z");
  await it.shows("self.items.append(apple)");
  assert.deepEqual(it.complaints, []);
});
