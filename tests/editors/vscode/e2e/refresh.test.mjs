/** A better text that comes later than the answer is shown without a key: `$/fim/refresh`, from a scripted server. */

import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { after, before, test } from "node:test";
import { CodeServer } from "./code_server.mjs";
import { ScriptedServer } from "./scripted_server.mjs";
import { until } from "./until.mjs";

/** `triggerKind` of the LSP. */
const INVOKED = 1;
const AUTOMATIC = 2;

let directory;
let server;
let code;
let window;

before(async () => {
  directory = await fs.mkdtemp(path.join(os.tmpdir(), "fim-scripted-"));
  server = new ScriptedServer(path.join(directory, "address"));
  code = await CodeServer.start({ settings: { "fim.server.command": server.command } });
  window = await code.open("prøject", { "better.py": "total = ", "moved.py": "price = " });
});

after(async () => {
  await code?.stop();
  await fs.rm(directory, { recursive: true });
});

test("the server is told that we show what it has later", async () => {
  const { capabilities } = await server.recorded();
  assert.equal(capabilities.experimental?.fim?.refresh, true);
});

test("a better text takes the place of the one that is shown, as if it had been asked for by typing", async () => {
  await server.answer("(first guess)");
  await window.edit("better.py");
  await window.type("(");
  await window.waitForGhost("first guess");
  await server.answer("(second thought)");
  await server.refresh();
  await window.waitForGhost((ghost) => ghost.includes("second thought") && !ghost.includes("first"));
  // Once more at the same place: VS Code must not take its own last request for this one.
  await server.answer("(third and last)");
  await server.refresh();
  await window.waitForGhost("third and last");
  const { requests } = await server.recorded();
  assert.deepEqual([...new Set(requests.map((request) => request.triggerKind))], [AUTOMATIC]);
});

test("where there was no text, it appears", async () => {
  await server.answer("");
  await window.press("End");
  await window.type(" + ");
  await window.waitForNoGhost();
  await server.answer("(after all)");
  await server.refresh();
  await window.waitForGhost("after all");
});

test("a text that was dismissed stays away, until the next key", async () => {
  await window.press("Escape");
  await window.waitForNoGhost();
  const before = (await server.recorded()).requests.length;
  await server.answer("(unwanted)");
  await server.refresh();
  // Once this is answered, the notification that came before it was read long ago.
  await server.answer("(wanted)");
  await window.type("x ");
  await window.waitForGhost("(wanted)");
  const since = (await server.recorded()).requests.slice(before);
  const places = since.map((request) => request.character);
  assert.ok(Math.min(...places) > (await server.recorded()).requests[before - 1].character, `${places}`);
});

test("asking by hand is still asking by hand", async () => {
  const before = (await server.recorded()).requests.length;
  await window.press("Escape", "Alt+\\");
  await until(async () => (await server.recorded()).requests.length > before, "the server to be asked");
  const { requests } = await server.recorded();
  assert.equal(requests.at(-1).triggerKind, INVOKED);
});

test("a text for a place that the cursor has left is not asked for", async () => {
  await server.answer("");
  await window.edit("moved.py");
  await window.type("1 ");
  const at = async () => (await server.recorded()).requests.at(-1);
  await until(async () => (await at())?.character === "price = 1 ".length, "the server to be asked at the end");
  await window.press("Home");
  const before = (await server.recorded()).requests.length;
  await server.answer("(too late)");
  await server.refresh();
  // Once this is answered, the notification that came before it was read long ago.
  await window.type("x");
  await window.waitForGhost("too late");
  const since = (await server.recorded()).requests.slice(before);
  assert.deepEqual([...new Set(since.map((request) => request.character))], [1]);
});
