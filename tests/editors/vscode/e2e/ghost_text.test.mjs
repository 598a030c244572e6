/** A newcomer's way, in a real VS Code: the .vsix, the first start, ghost text, a key, a server that dies. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CodeServer } from "./code_server.mjs";
import { FimApi, KEY } from "./fim_api.mjs";

const FILES = {
  "word.py": "def add(a, b):\n    ",
};

let api;
let code;
let window;

before(async () => {
  api = await FimApi.start();
  code = await CodeServer.start({ settings: { "fim.provider.url": api.url } });
  window = await code.open("wörk späce", FILES);
});

after(async () => {
  await code?.stop();
  await api?.stop();
});

test("the first start installs the server, and completes without a key", async () => {
  await window.waitForNotification(/installing its server/);
  await window.waitForStatus(/offline|ready|sparkle/);
  assert.equal((await code.languageServers()).length, 1);
});
