/** A real JupyterLab with the extension's wheel, its page in a headless browser, and the loopback FIM API behind it. */

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import * as fs from "node:fs/promises";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { chromium } from "playwright-core";
import { FimApi, KEY } from "../../vscode/e2e/fim_api.mjs";
import { CACHE, PICTURES } from "../../vscode/e2e/paths.mjs";
import { until } from "../../vscode/e2e/until.mjs";

export const JUPYTER = path.join(CACHE, "jupyterlab", "venv", "bin", "jupyter");
export const TOKEN = "a-token-of-the-test";
const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export class Lab {
  log = "";
  /** All that the browser was sent and has sent. */
  traffic = [];

  /** Open JupyterLab on a notebook. `finished`: files that the model knows; `cells`: [type, text] of each. */
  static async open({ finished, cells, settings = {} }) {
    const lab = new Lab();
    try {
      await lab.begin(finished, cells, settings);
    } catch (error) {
      console.error(lab.log.slice(-3_000));
      await lab.close();
      throw error;
    }
    return lab;
  }

  async begin(finished, cells, settings) {
    this.api = await FimApi.start(finished);
    this.home = await fs.mkdtemp(path.join(os.tmpdir(), "fim lab é "));
    this.folder = path.join(this.home, "notes");
    await this.write("notes/sales.ipynb", notebook(cells));
    // As an administrator gives all users of a server a provider: beside the key, which is in the environment.
    await this.write("settings.json", { provider: { kind: "mistral", url: this.api.url } });
    await this.write("settings/fim-language-server/plugin.jupyterlab-settings", settings);
    await this.write("settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings", { fetchNews: "false" });
    const port = await freePort();
    this.base = `http://127.0.0.1:${port}`;
    const kept = Object.entries(process.env).filter(([name]) => !/^(JUPYTER|PYTHON|FIM_|XDG_)|_API_KEY$/.test(name));
    this.process = spawn(
      JUPYTER,
      ["lab", "--allow-root", "--no-browser", "--expose-app-in-browser", "--ip=127.0.0.1", `--port=${port}`, `--IdentityProvider.token=${TOKEN}`,
        `--ServerApp.root_dir=${this.folder}`, "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        `--FimExtension.settings_file=${this.home}/settings.json`],
      {
        cwd: this.home,
        env: {
          ...Object.fromEntries(kept), HOME: this.home, MISTRAL_API_KEY: KEY,
          JUPYTER_CONFIG_DIR: `${this.home}/config`, JUPYTER_DATA_DIR: `${this.home}/data`, JUPYTER_RUNTIME_DIR: `${this.home}/run`,
          JUPYTERLAB_SETTINGS_DIR: `${this.home}/settings`, IPYTHONDIR: `${this.home}/ipython`,
        },
        stdio: ["ignore", "pipe", "pipe"],
        detached: true,
      },
    );
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => (this.log += text));
    }
    await until(() => fetch(`${this.base}/api`).then((reply) => reply.ok, () => false), "JupyterLab to listen", () => this.log);
    this.browser = await chromium.launch({ executablePath: BROWSERS.find((name) => existsSync(name)), args: QUIET });
    this.page = await this.browser.newPage({ viewport: { width: 1100, height: 620 } });
    this.page.on("request", (request) => this.traffic.push(request.url(), request.postData() ?? ""));
    this.page.on("response", async (response) => this.traffic.push(await response.text().catch(() => "")));
    this.page.on("websocket", (socket) => {
      this.traffic.push(socket.url());
      for (const event of ["framesent", "framereceived"]) socket.on(event, ({ payload }) => this.traffic.push(String(payload)));
    });
    await this.page.goto(`${this.base}/lab/tree/sales.ipynb?token=${TOKEN}`, { waitUntil: "domcontentloaded" });
    await this.page.locator(".jp-Notebook .jp-Cell").nth(cells.length - 1).waitFor({ timeout: 60_000 });
    await this.statusIs(/ready|thinking/);
  }

  async write(name, content) {
    const file = path.join(this.home, name);
    await fs.mkdir(path.dirname(file), { recursive: true });
    await fs.writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
  }

  /** Put the cursor at the end of a cell. */
  async edit(index) {
    await this.page.locator(".jp-Notebook .jp-Cell").nth(index).locator(".cm-content").click();
    await this.page.keyboard.press("Control+End");
  }

  /** Make a file, open it beside the notebook, and put the cursor at its end. */
  async openFile(name, text) {
    await this.write(`notes/${name}`, text);
    await this.page.evaluate((path) => window.jupyterapp.commands.execute("docmanager:open", { path }), name);
    await this.page.locator(".jp-FileEditor .cm-content").click();
    await this.page.keyboard.press("Control+End");
  }

  fileText() {
    return this.page.evaluate(() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.getSource());
  }

  async type(text) {
    await this.page.keyboard.type(text, { delay: 60 });
  }

  /** Enter a text at once. */
  async enter(text) {
    await this.page.keyboard.insertText(text);
  }

  /** From now on answer with these texts, one a request, whatever is asked. */
  async answer(texts) {
    await fetch(new URL("/_script", this.api.url), { method: "PUT", body: JSON.stringify({ answer: texts }) });
  }

  /** The process ids of the language servers that this JupyterLab has started. */
  async languageServers() {
    const { stdout } = await promisify(execFile)("ps", ["--ppid", String(this.process.pid), "-o", "pid=,args="]);
    return stdout.split("\n").filter((line) => line.includes("fim_language_server"));
  }

  async press(...keys) {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  /** The texts of all cells, by the notebook's model: what is drawn may be ghost text. */
  cells() {
    return this.page.evaluate(() => window.jupyterapp.shell.currentWidget.content.widgets.map(({ model }) => model.sharedModel.getSource()));
  }

  ghost() {
    return this.page.evaluate(() => [...document.querySelectorAll(".cm-editor .jp-GhostText")].map((ghost) => ghost.textContent).join(""));
  }

  async ghostIs(wanted) {
    const patterns = wanted instanceof RegExp ? (ghost) => wanted.test(ghost) : (ghost) => ghost === wanted;
    const fits = typeof wanted === "function" ? wanted : patterns;
    await until(async () => fits(await this.ghost()), `ghost text ${wanted}`, () => this.describe(), 20_000);
  }

  async cellIs(index, text) {
    await until(async () => (await this.cells())[index] === text, `cell ${index} to be ${JSON.stringify(text)}`, () => this.describe(), 20_000);
  }

  status() {
    return this.page.evaluate(() => {
      const item = document.querySelector(".fim-status");
      return item && `${item.textContent} | ${item.dataset.kind} | ${item.title}`;
    });
  }

  async statusIs(pattern) {
    await until(async () => pattern.test((await this.status()) ?? ""), `a status like ${pattern}`, () => this.describe());
  }

  async picture(name) {
    await fs.mkdir(PICTURES, { recursive: true });
    await this.page.screenshot({ path: path.join(PICTURES, `${name}.png`) });
  }

  async describe() {
    await this.picture("failed");
    const asked = (await this.api.completions()).map(({ body }) => body);
    return JSON.stringify({ ghost: await this.ghost(), cells: await this.cells().catch(() => undefined), status: await this.status(), asked, log: this.log.slice(-3000) }, null, 1);
  }

  async close() {
    await this.browser?.close();
    if (this.process && this.process.exitCode === null) {
      process.kill(-this.process.pid, "SIGTERM"); // Its kernels and language servers are in its process group.
      await once(this.process, "exit");
    }
    await this.api?.stop();
    if (this.home) await fs.rm(this.home, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
  }
}

function notebook(cells) {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: "python3", display_name: "Python 3", language: "python" }, language_info: { name: "python" } },
    cells: cells.map(([cell_type, source], n) => ({
      cell_type, source, id: `cell-${n}`, metadata: {}, ...(cell_type === "code" ? { execution_count: null, outputs: [] } : {}),
    })),
  };
}

async function freePort() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}
