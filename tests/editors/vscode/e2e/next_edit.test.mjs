/** Next edits in a real VS Code, offered by a scripted server: drawn, jumped to, taken, undone, dismissed, and out of the way. */

import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, test } from "node:test";
import { CodeServer, NO_WORDS } from "./code_server.mjs";
import { struck, waitForCursor, waitForDrawn } from "./decorations.mjs";
import { ScriptedServer } from "./scripted_server.mjs";
import { until } from "./until.mjs";

const BODY = Array.from({ length: 40 }, (_, n) => `    step_${n}(amount)`).join("\n");
const FILES = {
  "far.py": `def pay(amount):\n${BODY}\n    return total`,
  "lines.py": "def pay(total):\n    check(total)\n    return total\n\n\npay(3)\n",
  "away.py": "import cart\n\ncart.fill(1)",
  "cart.py": "def add(count):\n    return count\n",
  "quiet.py": "total = 1\n",
  "holes.py": "total = 1\n",
  "ghost.py": "total = 1\n\n",
  ".vscode/holes.code-snippets": JSON.stringify({ "two holes": { prefix: "holes", body: "first($1, $2)$0" } }),
};

let directory;
let server;
let code;
let window;

before(async () => {
  directory = await fs.mkdtemp(path.join(os.tmpdir(), "fim-scripted-"));
  server = new ScriptedServer(path.join(directory, "address"));
  code = await CodeServer.start({ settings: { ...NO_WORDS, "fim.server.command": server.command } });
  window = await code.open("prøject", FILES);
  await window.waitForStatus(/FIM/);
});

after(async () => {
  await code?.stop();
  await fs.rm(directory, { recursive: true });
});

function range(startLine, start, endLine, end) {
  return { start: { line: startLine, character: start }, end: { line: endLine, character: end } };
}

/** The URI of a file, as VS Code tells it. */
function uriOf(name) {
  return pathToFileURL(path.join(window.folder, name)).href;
}

/** Offer an edit until it is drawn so: at first the server may not know the newest version yet. */
async function offer(name, edit, ...wanted) {
  await waitForDrawn(window, wanted, () => server.offer(uriOf(name), edit));
}

async function waitForCommand(...words) {
  const told = async () => (await server.recorded()).commands.some((command) => JSON.stringify(command) === JSON.stringify(words));
  await until(told, words.join(" "), async () => JSON.stringify((await server.recorded()).commands));
}

/** Type a letter at the cursor and take it away again: the server knows the document then, as it is. */
async function touch() {
  await window.type("x");
  await window.press("Backspace");
}

test("the server is told that we show next edits", async () => {
  const { capabilities } = await server.recorded();
  assert.equal(capabilities.experimental?.fim?.nextEdit, true);
});

test("an edit out of view has a hint at the cursor; Tab jumps, Tab takes it, and undo takes exactly it back", async () => {
  await window.edit("far.py");
  await offer("far.py", { id: "far", range: range(0, 8, 0, 14), text: "total", source: "rename", others: 2 }, "Tab: next edit, line 1");
  await window.waitForStatus(/FIM → line 1.*Next edit \(rename\): line 1\. .* 2 more places follow/s);
  await window.picture("next-edit-away");
  await window.press("Tab");
  await waitForCursor(window, 1, 9);
  await waitForDrawn(window, ["total"]);
  assert.equal(await struck(window), "amount");
  await window.picture("next-edit-words");
  const before = await window.text();
  await window.press("Tab");
  await window.waitForText("def pay(total):");
  await waitForDrawn(window, []);
  await waitForCursor(window, 1, 14);
  await waitForCommand("fim.acceptNextEdit", "far");
  await window.press("Control+z");
  await window.waitForText("def pay(amount):");
  assert.equal(await window.text(), before);
  assert.deepEqual((await server.recorded()).shown, ["far"]);
});

test("new lines are drawn beside the lines that they come between, and taken whole", async () => {
  await window.edit("lines.py");
  await window.press("Control+Home", "ArrowDown", "End");
  await offer("lines.py", { id: "lines", range: range(1, 16, 1, 16), text: "\n    if not total:\n        raise ValueError(total)", source: "model" }, " if not total:               ", "     raise ValueError(total) ");
  await window.picture("next-edit-lines");
  await window.press("Tab");
  await window.waitForText("    check(total)\n    if not total:\n        raise ValueError(total)\n    return total");
  await waitForCursor(window, 4, 32);
  await window.press("Control+z");
  await window.waitForText("    check(total)\n    return total");
});

test("lines that go, and lines that come in their place, are drawn side by side", async () => {
  await window.press("Control+Home", "ArrowDown", "End");
  await offer("lines.py", { id: "both", range: range(1, 4, 2, 16), text: "return check(total)", source: "model" }, " return check(total) ");
  assert.equal(await struck(window), "check(total)\nreturn total");
  await window.picture("next-edit-both");
  await window.press("Tab");
  await window.waitForText("def pay(total):\n    return check(total)\n\n");
  await window.press("Control+z");
  await window.waitForText("    check(total)\n    return total");
});

test("an edit in another file has its name in the hint; Tab opens it, Tab takes it", async () => {
  await window.edit("cart.py");
  await window.edit("away.py");
  await offer("away.py", { id: "away", uri: uriOf("cart.py"), range: range(0, 4, 0, 7), text: "fill", source: "rename" }, "Tab: next edit, cart.py, line 1");
  await window.picture("next-edit-file");
  await window.press("Tab");
  await window.page.waitForSelector('.tab.active[data-resource-name="cart.py"]');
  await waitForDrawn(window, ["fill"]);
  await window.press("Tab");
  await window.waitForText("def fill(count):");
  await waitForCommand("fim.acceptNextEdit", "away");
});

test("Escape dismisses it, once the find widget is closed; without an edit Tab indents", async () => {
  await window.edit("quiet.py");
  await touch();
  await offer("quiet.py", { id: "quiet", range: range(0, 0, 0, 5), text: "amount", source: "rename" }, "amount");
  await window.press("Control+f");
  const find = window.page.locator(".find-widget.visible");
  await find.waitFor();
  await window.press("Control+1", "Escape");
  await until(async () => (await find.count()) === 0, "the find widget to close", () => window.describe());
  await waitForDrawn(window, ["amount"]);
  await window.press("Escape");
  await waitForDrawn(window, []);
  await waitForCommand("fim.dismissNextEdit", "quiet");
  await window.press("Control+End", "Tab");
  await window.type("y");
  await window.waitForText("total = 1\n    y");
});

test("with two cursors nothing is drawn; typing takes it away, too", async () => {
  await window.press("Control+a", "Delete");
  await window.type("total");
  const edit = { id: "many", range: range(0, 0, 0, 5), text: "amount", source: "rename" };
  await offer("quiet.py", edit, "amount");
  await window.press("Control+Alt+ArrowDown");
  await window.press("End");
  await window.type("s");
  await waitForDrawn(window, []);
  await window.waitForText("totals");
});

test("in a snippet Tab goes on in the snippet", async () => {
  await window.edit("holes.py");
  await window.run("Snippets: Insert Snippet");
  await window.pick("holes");
  await window.waitForText("first(, )");
  await window.type("a");
  const edit = { id: "holes", range: range(0, 0, 0, 5), text: "amount", source: "rename" };
  await offer("holes.py", edit, "amount");
  await window.press("Tab");
  await window.type("b");
  await window.waitForText("total = 1\nfirst(a, b)");
});

test("ghost text goes first: Tab takes it, and the edit is drawn once it is away", async () => {
  await window.edit("ghost.py");
  await server.answer("rint(total)");
  await window.type("p");
  await window.waitForGhost("rint(total)");
  const edit = { id: "later", range: range(0, 0, 0, 5), text: "amount", source: "rename" };
  await server.offer(uriOf("ghost.py"), edit);
  await window.press("Tab");
  await window.waitForText("print(total)");
  await server.answer("");
  await window.type("x");
  await window.press("Backspace");
  await offer("ghost.py", edit, "amount", "Tab: next edit, line 1");
});

test("an edit may be asked for by hand", async () => {
  await window.press("Escape");
  await waitForDrawn(window, []);
  await window.run("FIM: Ask for a Next Edit");
  await waitForDrawn(window, ["amount", "Tab: next edit, line 1"]);
  const { asked } = await server.recorded();
  assert.deepEqual(asked.map(({ context }) => context), [{ triggerKind: 1 }]);
});
