/** What people meet: two windows, files untitled, renamed or read-only, settings changed on the way, an API that pauses. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CodeServer, NO_WORDS } from "./code_server.mjs";
import { FimApi, KEY } from "./fim_api.mjs";
import { ROOT } from "./paths.mjs";

/** `|` is where the file ends at first; the API knows how it goes on. */
const TEXTS = {
  "one.py": "def area(width, height):\n    |covered = width * height\n",
  "two.py": "def spread(numbers):\n    |lowest = min(numbers)\n",
  "old name.py": "def volume(base, depth):\n    |filled = base.area() * depth\n",
  "fixed.py": "def half(number):\n    |quotient = number / 2\n",
  "quiet.py": "def double(number):\n    |twice = number * 2\n",
};
/** The API does not know it; the model of the workspace finds how its last line goes on in the lines above. */
const SHAPE = `class Shape:
    def area(self):
        return self.width_of_shape * self.height_of_shape

    def circumference(self):
        return 2 * (self.width_of_shape + self.height_of_shape)

    def diagonal(self):
        return (self.width_of_shape ** 2 + self.height_of_shape ** 2) ** 0.5

    def describe(self):
        return `;
const UNTITLED = "The quick brown fox jumps over the lazy dog and lands on its feet.\n";

let api;
let code;
let first;
let second;

before(async () => {
  api = await FimApi.start([...Object.values(TEXTS).map((text) => text.replace("|", "")), UNTITLED]);
  code = await CodeServer.start({
    settings: { ...NO_WORDS, "fim.provider.url": api.url, "fim.server.command": [`${ROOT}/.venv/bin/fim-language-server`] },
    env: { CODESTRAL_API_KEY: KEY },
  });
  const begun = Object.entries(TEXTS).map(([name, text]) => [name, text.split("|")[0]]);
  first = await code.open("erstes Projekt – 目録", Object.fromEntries(begun));
  second = await code.open("second", { ...Object.fromEntries(begun), "shape.py": SHAPE });
  await first.waitForStatus(/codicon-sparkle/);
  await second.waitForStatus(/codicon-sparkle/);
});

after(async () => {
  await code?.stop();
  await api?.stop();
});

test("two windows complete side by side, each with a server of its own", async () => {
  assert.equal((await code.languageServers(`${ROOT}/.venv`)).length, 2);
  await first.edit("one.py");
  await second.edit("two.py");
  await first.type("cov");
  await second.type("low");
  await first.waitForGhost("ered = width * height");
  await second.waitForGhost("est = min(numbers)");
});

test("a document that has no file yet is completed", async () => {
  await second.run("File: New Untitled Text File");
  await second.page.waitForSelector('.tab.active[data-resource-name^="Untitled"]');
  await second.type("The quick brown");
  await second.waitForGhost(" fox jumps over");
});

test("a file that is renamed while it is open goes on being completed", async () => {
  await first.edit("old name.py");
  await first.type("fil");
  await first.waitForGhost("led = base.area()");
  await first.press("Escape", "Control+S");
  await first.run("File: Reveal Active File in Explorer View");
  await first.press("F2");
  await first.page.locator(".explorer-viewlet input").fill("new näme.py");
  await first.press("Enter");
  await first.page.waitForSelector('.tab.active[data-resource-name="new näme.py"]');
  await first.edit("new näme.py");
  await first.type("l");
  await first.waitForGhost("ed = base.area()");
});

test("a file that cannot be written is left alone, and nothing is said of it", async () => {
  await first.run("File: Set Active Editor Read-only in Session");
  const asked = (await api.completions()).length;
  await first.press("Alt+\\");
  await first.waitForNoGhost();
  assert.equal((await api.completions()).length, asked);
  assert.deepEqual(await first.ownNotifications(), []);
});

test("settings that are changed while typing hold from the next key on", async () => {
  await first.edit("quiet.py");
  await first.type("tw");
  await first.waitForGhost("ice = number * 2");
  await first.openMenu();
  await first.pick("Disable for python");
  await first.page.getByText("FIM: python is no longer completed").first().waitFor();
  await first.edit("fixed.py");
  const asked = (await api.completions()).length;
  await first.type("quot");
  await first.openMenu();
  await first.pick("Enable for python");
  await first.page.getByText("FIM: python is completed again").first().waitFor();
  const prompts = (await api.completions()).slice(asked).map((request) => request.body.prompt);
  assert.deepEqual(prompts.filter((prompt) => /q\w*$/.test(prompt)), []);
  await first.edit("fixed.py");
  await first.type("i");
  await first.waitForGhost("ent = number / 2");
});

test("while the API is paused, the model of the workspace completes, and the status says why", async () => {
  await api.act({ status: 429, headers: { "Retry-After": "40" }, body: { message: "slow down" } });
  await second.edit("shape.py");
  await second.type("self.wid");
  await second.waitForGhost("th_of_shape");
  await second.waitForStatus(/FIM offline.*codicon-device-desktop.*Meanwhile it completes from the open workspace/s);
});
