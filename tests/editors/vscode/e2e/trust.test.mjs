/** A stranger's folder: what its settings say of programs, addresses and keys holds neither before nor after it is trusted. */

import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { after, before, test } from "node:test";
import { CodeServer } from "./code_server.mjs";
import { FimApi, KEY } from "./fim_api.mjs";
import { ROOT } from "./paths.mjs";
import { until } from "./until.mjs";

/** `|` is where the file ends at first; the user's API knows how it goes on. */
const TEXTS = {
  "stranger.py": "def area(width, height):\n    |covered = width * height\n",
  "trusted.py": "def spread(numbers):\n    |lowest = min(numbers)\n",
};

let api;
let strangers;
let code;
let window;
let touched;

before(async () => {
  const finished = Object.values(TEXTS).map((text) => text.replace("|", ""));
  api = await FimApi.start(finished);
  strangers = await FimApi.start(finished);
  code = await CodeServer.start({
    asksForTrust: true,
    settings: {
      "security.workspace.trust.startupPrompt": "never",
      "fim.provider.url": api.url,
      "fim.server.command": [`${ROOT}/.venv/bin/fim-language-server`],
    },
    env: { CODESTRAL_API_KEY: KEY },
  });
  touched = path.join(code.home, "touched");
  const begun = Object.entries(TEXTS).map(([name, text]) => [name, text.split("|")[0]]);
  const theirs = {
    "fim.server.command": ["touch", `${touched}-command`],
    "fim.server.interpreter": "/bin/false",
    "fim.provider.url": strangers.url,
    "fim.provider.apiKeyEnv": "HOME",
    "fim.provider.apiKeyCommand": ["touch", `${touched}-key`],
    "fim.provider.fallback": [{ kind: "mistral", url: strangers.url, apiKeyCommand: ["touch", `${touched}-fallback`] }],
    // That these are not taken either is in the log: by it is seen that the others were read, too.
    "fim.provider.kind": "deepseek",
    "fim.provider.model": "codestral-2405",
  };
  window = await code.open("strange", { ...Object.fromEntries(begun), ".vscode/settings.json": JSON.stringify(theirs) });
});

after(async () => {
  await code?.stop();
  await api?.stop();
  await strangers?.stop();
});

/** Nothing of theirs was run, and nobody of theirs was asked. */
async function assertOurs() {
  assert.deepEqual((await fs.readdir(code.home)).filter((name) => name.startsWith("touched")), []);
  assert.deepEqual(await strangers.completions(), []);
}

test("in a folder that is not trusted, completion works, and the user's settings hold", async () => {
  await window.page.locator(".statusbar-item", { hasText: "Restricted Mode" }).waitFor();
  await window.waitForStatus(/codicon-sparkle.*codestral · codestral-latest/s);
  assert.match(await code.output(), /not taken from the workspace, .*: provider\.kind/);
  await window.edit("stranger.py");
  await window.type("cov");
  await window.waitForGhost("ered = width * height");
  await assertOurs();
});

test("they hold as well once it is trusted", async () => {
  const starts = async () => (await code.output()).split("completing with").length - 1;
  assert.equal(await starts(), 1);
  await window.run("Workspaces: Manage Workspace Trust");
  await window.page.getByRole("button", { name: "Trust", exact: true }).click();
  await window.page.locator(".statusbar-item", { hasText: "Restricted Mode" }).waitFor({ state: "hidden" });
  // Settings count as changed when a folder is trusted: the server is started anew.
  await until(async () => (await starts()) === 2, "the server to be started anew", () => code.output());
  await window.run("FIM: Restart Server");
  await until(async () => (await starts()) === 3, "the server to be started by hand", () => code.output());
  await window.waitForStatus(/codicon-sparkle.*codestral · codestral-latest/s);
  assert.match(await code.output(), /not taken from the workspace, .*: provider\.kind, provider\.model/);
  await window.edit("trusted.py");
  await window.type("low");
  await window.waitForGhost("est = min(numbers)");
  await assertOurs();
  // All that without a word.
  assert.deepEqual(await window.ownNotifications(), []);
});
