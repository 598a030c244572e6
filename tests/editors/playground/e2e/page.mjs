/** The page in a headless browser, served from the wheel that users install, and the loopback FIM API behind it. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";
import { FimApi, KEY } from "../../vscode/e2e/fim_api.mjs";

export const SERVER = process.env.FIM_PLAYGROUND_SERVER;
const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const PATIENCE = 30_000;

export class Playground {
  /** What the browser loaded, and what it had to complain about. */
  asked = [];
  complaints = [];
  /** What the page sent, where `relayed`. */
  sent = [];
  /** What the server wrote to standard error. */
  log = "";

  /**
   * Open the page. `finished`: files that the model knows; `files`: those of the workspace; `settings`: more of them.
   * `relayed`: the test stands between page and server, and may say something in the server's name (`tell`).
   */
  static async open(how) {
    const it = new Playground();
    try {
      await it.begin(how);
    } catch (error) {
      await it.close();
      throw error;
    }
    return it;
  }

  /** Start the API, the server and the browser, and wait until the page is ready. */
  async begin({ finished, files = {}, settings = {}, relayed = false }) {
    this.api = await FimApi.start(finished);
    this.folder = await fs.mkdtemp(path.join(os.tmpdir(), "fim playground é "));
    this.workspace = path.join(this.folder, "shop");
    await fs.mkdir(this.workspace);
    for (const [name, text] of Object.entries(files)) await fs.writeFile(path.join(this.workspace, name), text);
    const file = path.join(this.folder, "settings.json");
    await fs.writeFile(file, JSON.stringify({ provider: { kind: "mistral", url: this.api.url }, ...settings }));
    this.process = spawn(SERVER, ["playground", this.workspace, "--no-browser", "--settings", file], {
      cwd: this.folder, // Not the clone: what is tested is what was installed.
      env: { ...process.env, PYTHONPATH: "", MISTRAL_API_KEY: KEY, XDG_STATE_HOME: this.folder, XDG_CACHE_HOME: this.folder },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.process.stderr.on("data", (data) => (this.log += data));
    const [line] = await once(createInterface({ input: this.process.stdout }), "line");
    this.url = line.replace(/^open /, "");
    this.browser = await chromium.launch({ executablePath: BROWSERS.find((name) => existsSync(name)), args: QUIET });
    this.page = await this.browser.newPage({ viewport: { width: 1180, height: 640 } });
    this.page.setDefaultTimeout(PATIENCE);
    this.page.on("request", (request) => this.asked.push(request.url()));
    this.page.on("console", (message) => message.type() === "error" && this.complaints.push(message.text()));
    this.page.on("pageerror", (error) => this.complaints.push(String(error)));
    if (relayed) await this.relay();
    await this.page.goto(this.url);
    await this.page.locator("#status", { hasText: "mistral · codestral" }).waitFor();
  }

  async relay() {
    await this.page.routeWebSocket(/\/lsp/, (page) => {
      const server = page.connectToServer();
      this.socket = page;
      page.onMessage((message) => {
        this.sent.push(JSON.parse(message));
        server.send(message);
      });
      server.onMessage((message) => page.send(message));
    });
  }

  /** Tell the page something in the server's name. */
  tell(method, params) {
    this.socket.send(JSON.stringify({ jsonrpc: "2.0", method, params }));
  }

  async close() {
    await this.browser?.close();
    this.process?.kill();
    await this.api?.stop();
    if (this.folder) await fs.rm(this.folder, { recursive: true, force: true });
  }

  /** Answer this text from now on, or as a script says (`Script` in benchmarks/fake_api/scripted_answer.py). */
  async answer(change) {
    await fetch(new URL("/_script", this.api.url), { method: "PUT", body: JSON.stringify(change) });
  }

  async press(...keys) {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  async type(text) {
    await this.page.keyboard.type(text);
  }

  /** Enter a text in place of all that is there, so fast that the server is asked about its end only; the editor indents. */
  async enter(text) {
    await this.press("Control+a");
    await this.page.keyboard.insertText(text);
  }

  /** The text of the editor, ghost text included. */
  async seen() {
    return (await this.page.locator("#editor .view-lines").innerText()).replaceAll("\u00a0", " ");
  }

  /** The ghost text that is drawn: its first line, or "". */
  async ghost() {
    const parts = await this.page.locator("#editor .ghost-text-decoration, #editor .ghost-text-decoration-preview").allInnerTexts();
    return parts.join("").replaceAll("\u00a0", " ");
  }

  /** Wait until exactly this is drawn below the cursor's line: the other lines of the ghost text. */
  async belowIs(expected) {
    let below;
    const isDrawn = async () => {
      below = (await this.page.locator("#editor .view-zones").innerText()).replaceAll("\u00a0", " ").replace(/\s+$/, "");
      return below === expected;
    };
    await this.wait(isDrawn, () => `below is ${JSON.stringify(below)}, and never ${JSON.stringify(expected)}`);
  }

  /** Wait until exactly this is drawn. */
  async ghostIs(expected) {
    let ghost;
    const isDrawn = async () => (ghost = await this.ghost()) === expected;
    await this.wait(isDrawn, () => `the ghost text is ${JSON.stringify(ghost)}, and never ${JSON.stringify(expected)}`);
  }

  /** Wait until the server has written this to its log. */
  async logs(text) {
    await this.wait(() => this.log.includes(text), () => `"${text}" is not in the log:\n${this.log}`);
  }

  /** Wait until a condition holds; where it never does, say what was. */
  async wait(condition, what) {
    for (const deadline = Date.now() + PATIENCE; !(await condition()); ) {
      if (Date.now() > deadline) throw new Error(what());
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Wait until the editor shows this; no ghost text may be in it. */
  async shows(text) {
    await this.ghostIs("");
    await this.page.waitForFunction(
      (expected) => document.querySelector("#editor .view-lines").innerText.replaceAll("\u00a0", " ").includes(expected),
      text,
    );
  }

  /** The newest card of the panel that has a text. */
  card(text) {
    return this.page.locator("#ways li", { hasText: text }).first();
  }
}
