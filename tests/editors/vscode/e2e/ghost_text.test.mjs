/** A newcomer's way, in a real VS Code: the documented steps, the first start, a key, ghost text, a server that dies. */

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { CodeServer, documentedSteps, filesWith, processes } from "./code_server.mjs";
import { FimApi, KEY } from "./fim_api.mjs";
import { until } from "./until.mjs";

/**
 * Each test types into a file of its own; the API knows how it goes on from `|`, where the file ends at first. Their
 * first words are all different, so that VS Code's own popup of words has nothing to say.
 */
const TEXTS = {
  "mean.py": `"""What a list of numbers says."""


def total(values: list[float]) -> float:
    return sum(values)


def mean(values: list[float]) -> float:
    |if not values:
        raise ValueError("there is no mean of nothing")
    return total(values) / len(values)
`,
  "word.py": "def area(width, height):\n    |covered = width * height + margin(width)\n",
  "line.py": "def spread(numbers):\n    |lowest = min(numbers)\n    highest = max(numbers)\n",
  "over.py": "def choose(options):\n    |pick = sorted(options) if options else None\n",
  "next.py": "def half(number)|:\n    quotient = number / 2\n    return quotient\n",
  "late.py": "def volume(base, depth):\n    |filled = base.area() * depth\n",
  "died.py": "def double(number):\n    |twice = number * 2\n",
  "again.py": "def triple(number):\n    |outcome = number * 3\n",
};

/** Ms that fetching packages may take. */
const INSTALLING = 300_000;

let api;
let code;
let window;

before(async () => {
  api = await FimApi.start(Object.values(TEXTS).map((text) => text.replace("|", "")));
  const steps = await documentedSteps("VS Code");
  assert.equal(steps.length, 2);
  code = await CodeServer.start({ settings: { "fim.provider.url": api.url }, steps });
  const begun = Object.entries(TEXTS).map(([name, text]) => [name, text.split("|")[0]]);
  window = await code.open("wörk späce", Object.fromEntries(begun));
});

beforeEach(() => api?.act());

after(async () => {
  await code?.stop();
  await api?.stop();
});

test("the first start installs the server, and says so", async () => {
  await window.waitForNotification(/installing its server, once/);
  await until(async () => (await code.languageServers()).length === 1, "the server to run", () => window.describe(), INSTALLING);
  await window.waitForStatus(/FIM offline/);
});

test("a key given to the command reaches the server, and lies in no file and no process list", async () => {
  const [before] = await code.languageServers();
  await window.run("FIM: Set API Key");
  await window.pick("codestral");
  await window.answer(KEY);
  await window.waitForStatus(/codicon-sparkle.*codestral/s);
  assert.ok(!(await code.languageServers()).includes(before), "the server was not started with the key");
  await window.edit("mean.py");
  await window.type("if");
  await window.waitForGhost("not values:");
  assert.ok((await api.completions()).length > 0, "the API was not asked");
  await assertHidden(KEY);
});

/** No process was given it as an argument, and no file of the editor or of its browser has it. */
async function assertHidden(key) {
  const words = (await processes()).filter(({ pid }) => pid !== api.child.pid).flatMap(({ words }) => words);
  assert.deepEqual(words.filter((word) => word.includes(key)), []);
  const profiles = words.filter((word) => word.startsWith("--user-data-dir=")).map((word) => word.split("=")[1]);
  assert.ok(profiles.length > 0);
  for (const directory of new Set([code.home, ...profiles])) {
    assert.deepEqual(await filesWith(key, directory), []);
  }
}

test("Tab takes the ghost text, all of it", async () => {
  await window.waitForGhost("no mean of nothing");
  await window.picture("vscode");
  await window.picture("ghost-text", { x: 328, y: 82, width: 560, height: 210 });
  await window.press("Tab");
  await window.waitForText('    if not values:\n        raise ValueError("there is no mean of nothing")');
});

test("Ctrl+Right takes a word; the rest stays, with no new request", async () => {
  await window.edit("word.py");
  await window.type("cov");
  await window.waitForGhost("ered = width * height");
  const asked = (await api.completions()).length;
  for (const rest of [" = width * height", "= width * height", "width * height"]) {
    await window.press("Control+ArrowRight");
    await window.waitForGhost((ghost) => ghost.startsWith(rest));
  }
  await window.waitForText("    covered = ");
  assert.equal((await api.completions()).length, asked);
  await window.press("Tab");
  await window.waitForText("covered = width * height + margin(width)");
});

test("Ctrl+Alt+Right takes a line", async () => {
  await window.edit("line.py");
  await window.type("low");
  await window.waitForGhost("est = min(numbers)");
  await window.press("Control+Alt+ArrowRight");
  await window.waitForText("lowest = min(numbers)");
});

test("a text over the bracket that VS Code has closed is drawn around it, typed through and taken", async () => {
  await window.edit("over.py");
  // Asked behind the bracket for the first time, the model would say what fits between the two, rightly.
  await window.type("pick = ");
  await window.waitForGhost("sorted(options) if options else None");
  await window.type("sorted(");
  await window.waitForGhost((ghost) => ghost.startsWith("options") && ghost.endsWith(" if options else None"));
  const asked = (await api.completions()).length;
  await window.type("opti");
  await window.waitForGhost((ghost) => ghost.startsWith("ons") && ghost.endsWith(" if options else None"));
  assert.equal((await api.completions()).length, asked);
  await window.press("Tab");
  await window.waitForText("    pick = sorted(options) if options else None");
  assert.ok(!(await window.text()).includes("None)"));
});

test("the next line is drawn below a finished one, before Enter, and taken", async () => {
  await window.edit("next.py");
  await window.type(":");
  await window.waitForBelow("    quotient = number / 2\n    return quotient");
  await window.press("Tab");
  await window.waitForText("def half(number):\n    quotient = number / 2\n    return quotient");
});

test("an answer that takes 1.5 s is shown, also at the end of a word, where VS Code has given up", async () => {
  await api.act({ first_byte_after: 1.5 });
  await window.edit("late.py");
  await window.type("fil");
  await window.waitForGhost("led = base.area() * depth");
  await window.press("Tab");
  await window.waitForText("filled = base.area() * depth");
});

test("a server that is killed is started again, once, and the user is told", async () => {
  const [before] = await code.languageServers();
  process.kill(before, "SIGKILL");
  await window.waitForNotification(/stopped unexpectedly and is started again/);
  await window.waitForStatus(/codicon-sparkle/);
  await window.edit("died.py");
  await window.type("tw");
  await window.waitForGhost("ice = number * 2");

  const [second] = await code.languageServers();
  process.kill(second, "SIGKILL");
  await window.waitForStatus(/codicon-error.*stopped again soon/s);
  await window.waitForNotification(/stopped again soon after it was restarted/);
  assert.deepEqual(await code.languageServers(), []);

  await window.run("FIM: Restart Server");
  await window.waitForStatus(/codicon-sparkle/);
  await window.edit("again.py");
  await window.type("ou");
  await window.waitForGhost("tcome = number * 3");
});

test("the key lies in no file at the end, either", () => assertHidden(KEY));
