/** Cells of a notebook, without Microsoft's Jupyter extension: VS Code itself opens, edits and saves notebooks. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CodeServer, NO_WORDS } from "./code_server.mjs";
import { FimApi, KEY } from "./fim_api.mjs";
import { ROOT } from "./paths.mjs";
import { until } from "./until.mjs";

const ABOVE = "def revenue(price, count):\n    return price * count";
const FINISHED = `# # Sales\n\n${ABOVE}\n\nincome = revenue(price=3, count=12)\n\nprint("end")`;

let api;
let code;
let window;

before(async () => {
  api = await FimApi.start([FINISHED]);
  code = await CodeServer.start({
    settings: { ...NO_WORDS, "fim.provider.url": api.url, "fim.server.command": [`${ROOT}/.venv/bin/fim-language-server`] },
    env: { CODESTRAL_API_KEY: KEY },
  });
  const cells = [["markdown", "# Sales"], ["code", ABOVE], ["code", "income"], ["code", "%%bash\nls"], ["code", 'print("end")']];
  window = await code.open("project", { "sales.ipynb": notebook(cells) });
});

after(async () => {
  await code?.stop();
  await api?.stop();
});

test("a cell is completed from the cell above, as a part of one file", async () => {
  await window.pickQuickly("Control+P", "sales.ipynb", "sales.ipynb");
  await window.waitForStatus(/codestral/);
  await editCell(1);
  await window.type(" = rev");
  await until(async () => (await ghost()) === "enue(price=3, count=12)", "ghost text in a cell", () => window.describe());
  const { prompt, suffix } = (await api.completions()).at(-1).body;
  assert.ok(prompt.startsWith(`# # Sales\n\n${ABOVE}\n\nincome`), prompt);
  assert.ok(suffix.startsWith('\n\nprint("end")'), suffix);
});

test("Tab accepts it", async () => {
  await window.press("Tab");
  await until(async () => (await ghost()) === "", "no ghost text", () => window.describe());
  await until(async () => (await cellText(1)) === "income = revenue(price=3, count=12)", "the text in the cell", () => window.describe());
});

test("the prompt follows a cell that was moved up", async () => {
  const asked = (await api.completions()).length;
  await window.press("Escape", "Alt+ArrowUp");
  await until(async () => (await cellText(0)).startsWith("income"), "the cell to be moved", () => window.describe());
  await editCell(0);
  await window.type("\ntotal = rev");
  const moved = ({ body }) => body.prompt.startsWith("# # Sales\n\nincome = ") && body.suffix.includes("def revenue");
  await until(async () => (await api.completions()).slice(asked).some(moved), "the prompt to follow", async () => JSON.stringify((await api.completions()).at(-1).body));
});

function cell(index) {
  return window.page.locator(".notebookOverlay .code-cell-row .monaco-editor .view-lines").nth(index);
}

/** Put the cursor at the end of a code cell. */
async function editCell(index) {
  await cell(index).click();
  await window.press("Control+End");
}

async function cellText(index) {
  return (await cell(index).innerText()).replaceAll("\u00a0", " ");
}

function ghost() {
  const pieces = '.notebookOverlay .view-line [class*="ghost-text"]';
  return window.page.evaluate((found) => [...document.querySelectorAll(found)].map((piece) => piece.textContent).join(""), pieces).then((text) => text.replaceAll("\u00a0", " "));
}

function notebook(cells) {
  return JSON.stringify({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { language_info: { name: "python" } },
    cells: cells.map(([cell_type, source], n) => ({
      cell_type, source, id: `cell-${n}`, metadata: {}, ...(cell_type === "code" ? { execution_count: null, outputs: [] } : {}),
    })),
  });
}
