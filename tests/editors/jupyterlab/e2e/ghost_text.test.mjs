/** A person's way in a real JupyterLab: ghost text from the cell above, Tab, other candidates, status, no key in the browser. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { KEY } from "../../vscode/e2e/fim_api.mjs";
import { until } from "../../vscode/e2e/until.mjs";
import { Lab } from "./lab.mjs";

const ABOVE = "def revenue(price, count):\n    return price * count";
const FINISHED = `# # Sales\n\n${ABOVE}\n\nincome = revenue(price=3, count=12)\n\nprint("end")`;

let lab;

before(async () => {
  lab = await Lab.open({
    finished: [FINISHED],
    settings: { provider: { model: "codestral-2508" } },
    cells: [["markdown", "# Sales"], ["code", ABOVE], ["code", ""], ["code", "%%bash\nls"], ["code", 'print("end")']],
  });
});

after(() => lab?.close());

test("a cell is completed from the cell above, as a part of one file", async () => {
  await lab.edit(2);
  await lab.type("income = rev");
  await lab.ghostIs("enue(price=3, count=12)");
  await lab.picture("jupyterlab");
  const { prompt, suffix, model } = (await lab.api.completions()).at(-1).body;
  assert.equal(model, "codestral-2508", "the settings of JupyterLab");
  assert.ok(prompt.startsWith(`# # Sales\n\n${ABOVE}\n\ni`), prompt);
  assert.ok(suffix.startsWith('\n\nprint("end")'), suffix);
});

test("typing through it asks the model nothing", async () => {
  const asked = (await lab.api.completions()).length;
  await lab.type("enue");
  await lab.ghostIs("(price=3, count=12)");
  assert.equal((await lab.api.completions()).length, asked);
});

test("Tab accepts it", async () => {
  await lab.press("Tab");
  await lab.cellIs(2, "income = revenue(price=3, count=12)");
});

test("the prompt follows a cell that was moved", async () => {
  await lab.press("Escape", "Control+Shift+ArrowUp"); // to the place of the cell above
  await eventually(async () => (await lab.cells())[1].startsWith("income"), "the cell to be moved");
  await lab.edit(1);
  await lab.press("Enter");
  await lab.type("total = rev");
  await eventually(async () => (await lab.api.completions()).some(({ body }) => body.prompt.startsWith("# # Sales\n\nincome = ") && body.suffix.includes("def revenue")), "the prompt to follow");
});

test("a key for it brings other candidates, and the next one is shown and taken", async () => {
  await lab.answer(["first()", "second()", "third()"]);
  await lab.edit(4);
  await lab.press("Control+a", "Delete");
  await lab.enter("chosen = ");
  await lab.press("Alt+\\");
  const candidate = /^(first|second|third)\(\)$/;
  await lab.ghostIs(candidate);
  const before = await lab.ghost();
  await lab.press("Alt+]");
  await lab.ghostIs((ghost) => candidate.test(ghost) && ghost !== before);
  const shown = await lab.ghost();
  await lab.press("Tab");
  await lab.cellIs(4, `chosen = ${shown}`);
});

test("a language server that died is started again, and knows the notebook", async () => {
  const [before] = await lab.languageServers();
  process.kill(Number.parseInt(before, 10), "SIGKILL");
  await lab.statusIs(/FIM: unreachable/);
  await lab.statusIs(/ready/);
  assert.equal((await lab.languageServers()).length, 1);
  await lab.answer(["again()"]);
  await lab.edit(4);
  await lab.press("Control+a", "Delete");
  await lab.type("once = ");
  await lab.ghostIs("again()");
  assert.ok((await lab.api.completions()).at(-1).body.prompt.includes("def revenue(price, count):"));
});

test("a file is completed, too", async () => {
  await lab.openFile("area.py", "def area(width):\n");
  await lab.answer(["width ** 2"]);
  await lab.type("    return ");
  await lab.ghostIs("width ** 2");
  await lab.press("Tab");
  await eventually(async () => (await lab.fileText()) === "def area(width):\n    return width ** 2", "the text to be accepted");
});

test("the status says which model completes, and why none does", async () => {
  await lab.statusIs(/^FIM: codestral-2508 \| ready/);
  await lab.api.act({ status: 429, headers: { "Retry-After": "30" } });
  await lab.type("\ny = ");
  await lab.statusIs(/FIM: (paused|offline)/);
  await lab.api.act();
});

test("no key reaches the browser", () => {
  assert.ok(lab.traffic.some((text) => text.includes("textDocument/inlineCompletion")), "the traffic was not recorded");
  assert.deepEqual(lab.traffic.filter((text) => text.includes(KEY)), []);
});

test("a stranger without the token is refused", async () => {
  const socket = new WebSocket(`${lab.base.replace("http", "ws")}/fim-language-server/lsp`);
  const outcome = await new Promise((resolve) => {
    socket.onopen = () => resolve("open");
    socket.onerror = () => resolve("refused");
  });
  assert.equal(outcome, "refused");
});

test("closing the page ends its language server", async () => {
  const before = await lab.languageServers();
  assert.equal(before.length, 1);
  await lab.page.close();
  await eventually(async () => (await lab.languageServers()).length === 0, "no language server");
});

async function eventually(holds, what) {
  await until(holds, what, () => lab.log, 20_000);
}
