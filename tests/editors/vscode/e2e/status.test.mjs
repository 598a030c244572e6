/** The status bar item, its menu, the log, and the walkthrough, with the user's own server instead of the bundled one. */

import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { CodeServer } from "./code_server.mjs";
import { FimApi, KEY } from "./fim_api.mjs";
import { ROOT } from "./paths.mjs";
import { until } from "./until.mjs";

/** `|` is where the file ends at first; the API knows how it goes on. */
const TEXTS = {
  "slow.py": "def area(width, height):\n    |covered = width * height\n",
  "key.py": "def spread(numbers):\n    |lowest = min(numbers)\n",
  "snooze.py": "def volume(base, depth):\n    |filled = base.area() * depth\n",
  "asked.py": "def half(number):\n    |quotient = number / 2\n",
  "awake.py": "def double(number):\n    |twice = number * 2\n",
  "language.py": "def triple(number):\n    |thrice = number * 3\n",
  "traced.py": "def quarter(number):\n    |fourth = number / 4\n",
  "limit.py": "def square(number):\n    |squared = number ** 2\n",
};

let api;
let code;
let window;

before(async () => {
  api = await FimApi.start(Object.values(TEXTS).map((text) => text.replace("|", "")));
  const server = `${ROOT}/.venv/bin/fim-language-server`;
  code = await CodeServer.start({
    // Nobody stands in for a model that is slow or paused: that is what is to be seen.
    settings: { "fim.provider.url": api.url, "fim.provider.fallback": [], "fim.server.command": [server] },
    env: { CODESTRAL_API_KEY: KEY },
  });
  const begun = Object.entries(TEXTS).map(([name, text]) => [name, text.split("|")[0]]);
  window = await code.open("project", Object.fromEntries(begun));
});

beforeEach(() => api?.act());

after(async () => {
  await code?.stop();
  await api?.stop();
});

test("ready: it says who completes", async () => {
  await window.waitForStatus(/codicon-sparkle.*codestral · codestral-latest/s);
});

test("thinking: it turns while the model is waited for", async () => {
  await api.act({ first_byte_after: 3 });
  await window.edit("slow.py");
  await window.type("cov");
  await window.waitForStatus(/codicon-sync/);
  await window.waitForGhost("ered = width * height");
  await window.waitForStatus(/codicon-sparkle/);
});

test("error: it says what to mend, until it is mended and asked for again", async () => {
  await api.act({ status: 401, body: { detail: "Unauthorized" } });
  await window.edit("key.py");
  await window.type("low");
  await window.waitForStatus(/codicon-error.*key/is);
  await api.act();
  await window.press("Alt+\\");
  await window.waitForGhost("est = min(numbers)");
  await window.waitForStatus(/codicon-sparkle/);
});

test("snoozed: by the menu, for five minutes; asked for, it completes; the menu ends it", async () => {
  await window.run("Notifications: Clear All Notifications");
  await window.openMenu();
  await window.page.setViewportSize({ width: 1000, height: 560 });
  await window.picture("vscode-menu");
  await window.pick("Snooze for 5 minutes");
  await window.waitForStatus(/FIM 5 min.*codicon-bell-slash/s);
  await window.edit("snooze.py");
  const asked = (await api.completions()).length;
  await window.type("fil");
  await window.edit("asked.py");
  await window.press("Alt+\\");
  await window.waitForGhost("quotient = number / 2");
  const prompts = (await api.completions()).slice(asked).map((request) => request.body.prompt);
  assert.deepEqual(prompts.filter((prompt) => prompt.endsWith("fil")), []);
  await window.openMenu();
  await window.pick("End the snooze");
  await window.waitForStatus(/codicon-sparkle/);
  await window.edit("awake.py");
  await window.type("tw");
  await window.waitForGhost("ice = number * 2");
});

test("a language is switched off and on by the menu, in the user's settings", async () => {
  const settings = path.join(code.data, "User", "settings.json");
  const languages = async () => JSON.parse(await fs.readFile(settings, "utf8"))["fim.trigger.languages"];
  await window.edit("language.py");
  await window.openMenu();
  await window.pick("Disable for python");
  await window.page.getByText("FIM: python is no longer completed").first().waitFor();
  assert.equal((await languages()).python, false);
  await window.openMenu();
  await window.pick("Enable for python");
  await window.page.getByText("FIM: python is completed again").first().waitFor();
  assert.equal(await languages(), undefined);
  await window.edit("language.py");
  await window.type("th");
  await window.waitForGhost("rice = number * 3");
});

test("why: the last decisions are shown, the newest first", async () => {
  await window.run("FIM: Why Was Something Suggested");
  await window.waitForText("the newest first.");
  await window.waitForText("language.py:2:7  automatic  suggestion: ");
});

test("paused: it counts down", async () => {
  await api.act({ status: 429, headers: { "Retry-After": "40" }, body: { message: "slow down" } });
  await window.edit("limit.py");
  await window.type("squ");
  await window.waitForStatus(/^FIM (40|3\d) s.*codicon-debug-pause/s);
  await window.waitForStatus(/^FIM (3[0-7]) s/);
});

test("the log shows the messages between editor and server where its level is Trace, and never the key", async () => {
  await window.run("Developer: Set Log Level...");
  await window.pick("FIM");
  await window.pick("Trace");
  await window.edit("traced.py");
  await window.type("fo");
  const traced = async () => /Sending request 'textDocument\/inlineCompletion/.test(await code.output());
  await until(traced, "the request to be in the log", () => code.output());
  assert.ok(!(await code.output()).includes(KEY));
  await window.run("Developer: Set Log Level...");
  await window.pick("FIM");
  await window.pick("Info");
});

test("the menu shows the log", async () => {
  await window.openMenu();
  await window.pick("Show the log");
  const shown = window.page.locator(".part.panel .view-line", { hasText: /^\d{4}-\d\d-\d\d\s.*\[(info|trace)\]/ });
  await shown.first().waitFor();
  const line = (await shown.first().innerText()).replaceAll("\u00a0", " ");
  assert.ok((await code.output()).includes(line), line);
});

test("the menu opens the extension's settings, and no others", async () => {
  await window.openMenu();
  await window.pick("Open settings");
  await window.page.getByText("@ext:fim-language-server.fim-language-server").first().waitFor();
  const labels = window.page.locator(".settings-editor .setting-item-category");
  await labels.first().waitFor();
  for (const label of await labels.allInnerTexts()) {
    assert.match(label, /^Fim /);
  }
});

test("the walkthrough has a picture, and its buttons do what they say", async () => {
  await window.page.setViewportSize({ width: 1400, height: 800 });
  await window.run("Welcome: Open Walkthrough...");
  await window.pick("Get started with FIM");
  const loaded = () => window.page.evaluate(() => document.querySelector(".getting-started-media img")?.naturalWidth > 0);
  await until(loaded, "the picture of the first step");
  await window.page.locator(".getting-started-step", { hasText: "Use a hosted model" }).click();
  await window.page.locator(".getting-started-step.expanded code", { hasText: "fim.provider.url" }).waitFor();
  await window.page.getByRole("button", { name: "Set API Key" }).click();
  await window.page.getByPlaceholder("Whose API key?").waitFor();
  await window.press("Escape");
  await window.page.locator(".getting-started-step", { hasText: "Know what it is doing" }).click();
  await window.page.getByRole("button", { name: "Show Menu" }).click();
  await window.page.locator(".quick-input-list .monaco-list-row", { hasText: "Snooze for 5 minutes" }).waitFor();
});
