/** A real VS Code on this machine: code-server with the extension, and its windows in a headless browser. */

import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { chromium } from "playwright-core";
import { CACHE, PICTURES, ROOT, UV, VSIX } from "./paths.mjs";
import { PATIENCE, until } from "./until.mjs";

const BROWSERS = ["chromium", "chromium-browser", "google-chrome"];
const BROWSER_ARGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** Ms after which a key that had no effect has gone astray. */
const KEY_PATIENCE = 2000;

/**
 * No popup with the words of the file: VS Code opens it where ghost text takes longer than 750 ms, and it goes first. For
 * texts whose next word is in the file already.
 */
export const NO_WORDS = { "editor.wordBasedSuggestions": "off" };

/** What makes VS Code quiet: no welcome, no telemetry, no AI of its own. */
const SETTINGS = {
  "workbench.startupEditor": "none",
  "workbench.editor.useModal": "off",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.colorTheme": "Default Dark Modern",
  "chat.disableAIFeatures": true,
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "extensions.autoUpdate": false,
  "editor.fontFamily": "DejaVu Sans Mono",
  "editor.minimap.enabled": false,
  "window.commandCenter": false,
  "workbench.reduceMotion": "on",
};

export class CodeServer {
  /**
   * Start one with the extension installed: from `vsix`, or by the shell commands `steps`, which call it `code`.
   * `env` goes to it, and so to the extension. `python`, `uv`: is there one? `asksForTrust`: are folders strangers?
   */
  static async start({ settings = {}, env = {}, vsix = VSIX, steps, python = true, uv = false, asksForTrust = false } = {}) {
    const home = await fs.mkdtemp(path.join(os.tmpdir(), "fim-code-"));
    const server = new CodeServer(home);
    server.options = asksForTrust ? [] : ["--disable-workspace-trust"];
    await server.writeSettings(settings);
    await server.prepareTools(python, uv);
    server.env = { ...server.baseEnv(), ...env };
    await server.install(steps ?? [`code --install-extension '${vsix}'`]);
    await server.listen();
    return server;
  }

  constructor(home) {
    this.home = home;
    this.data = path.join(home, "data");
    this.tools = path.join(home, "tools");
    this.log = "";
  }

  /** User settings, and for keys of machine scope the machine's: a browser's window counts as a remote one. */
  async writeSettings(settings) {
    for (const [scope, values] of [["User", { ...SETTINGS, ...settings }], ["Machine", settings]]) {
      const directory = path.join(this.data, scope);
      await fs.mkdir(directory, { recursive: true });
      await fs.writeFile(path.join(directory, "settings.json"), JSON.stringify(values));
    }
  }

  /** A PATH with what a newcomer has: the system's own programs, none of ours, a Python or none, and maybe uv. */
  async prepareTools(python, uv) {
    await fs.mkdir(this.tools);
    const isOurs = (name) => /^(python|pypy|uv|fim-)/.test(name);
    for (const directory of ["/bin", "/usr/bin"]) {
      for (const name of await fs.readdir(directory)) {
        if (!isOurs(name)) {
          await fs.symlink(path.join(directory, name), path.join(this.tools, name)).catch(() => undefined);
        }
      }
    }
    if (python) {
      await this.linkPython();
    }
    if (uv) {
      await fs.symlink(UV, path.join(this.tools, "uv"));
    }
  }

  /** Put the machine's Python on the PATH. */
  async linkPython() {
    const found = execFileSync(`${ROOT}/.venv/bin/python`, ["-c", "import sys; print(sys._base_executable)"], { encoding: "utf8" });
    await fs.symlink(found.trim(), path.join(this.tools, "python3"));
  }

  baseEnv() {
    // Where packages come from is this machine's business; its user's configuration is left to pip.
    const pip = Object.entries(process.env).filter(([name]) => /^(PIP|UV|SSL|REQUESTS)_|_proxy$/i.test(name));
    const config = path.join(os.homedir(), ".config", "pip", "pip.conf");
    return {
      PIP_CONFIG_FILE: config,
      ...Object.fromEntries(pip),
      HOME: this.home,
      PATH: this.tools,
      // As if it was started from a terminal: else it takes the PATH of a login shell.
      VSCODE_CLI: "1",
      LANG: "C.UTF-8",
    };
  }

  get command() {
    const config = path.join(this.home, "config.yaml");
    return [
      path.join(CACHE, "code-server-4.139.1", "node_modules", ".bin", "code-server"),
      "--config", config, "--auth", "none", "--disable-telemetry", "--disable-update-check",
      "--disable-getting-started-override", ...this.options,
      "--user-data-dir", this.data, "--extensions-dir", path.join(this.home, "extensions"),
    ];
  }

  /** Run shell commands at the root of the repository, in which `code` is this one. */
  async install(steps) {
    const shims = path.join(this.home, "shims");
    const words = ["env", "-i", ...Object.entries(this.env).map(([name, value]) => `${name}=${value}`), process.execPath, ...this.command];
    await fs.mkdir(shims);
    await fs.writeFile(path.join(shims, "code"), `#!/bin/sh\nexec ${words.map(quoted).join(" ")} "$@"\n`, { mode: 0o755 });
    for (const step of steps) {
      execFileSync("sh", ["-c", step], { cwd: ROOT, env: { ...process.env, PATH: `${shims}:${process.env.PATH}` }, stdio: "pipe" });
    }
  }

  async listen() {
    this.port = await freePort();
    const args = [...this.command, "--bind-addr", `127.0.0.1:${this.port}`];
    this.child = spawn(process.execPath, args, { env: this.env, stdio: ["ignore", "pipe", "pipe"], detached: true });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => (this.log += text));
    }
    await until(() => this.log.includes("HTTP server listening"), "code-server to listen");
    this.browser = await chromium.launch({ executablePath: findBrowser(), args: BROWSER_ARGS });
  }

  /** Make a folder of files, and open a window on it, or on a workspace file (`.code-workspace`) in it. */
  async open(name, files, workspaceFile) {
    const folder = path.join(this.home, name);
    for (const [file, text] of Object.entries(files)) {
      await fs.mkdir(path.dirname(path.join(folder, file)), { recursive: true });
      await fs.writeFile(path.join(folder, file), text);
    }
    const page = await this.browser.newPage({ viewport: { width: 1000, height: 480 } });
    page.setDefaultTimeout(PATIENCE);
    const opened = workspaceFile ? `workspace=${encodeURIComponent(path.join(folder, workspaceFile))}` : `folder=${encodeURIComponent(folder)}`;
    await page.goto(`http://127.0.0.1:${this.port}/?${opened}`, { waitUntil: "domcontentloaded" });
    await page.waitForSelector(".monaco-workbench");
    if (workspaceFile) {
      await showFolders(page);
    }
    return new Window(page, folder);
  }

  /** The directory that VS Code gives the extension for what it keeps. */
  get storage() {
    return path.join(this.data, "User", "globalStorage", "fim-language-server.fim-language-server");
  }

  /** What the extension has said in its output channel, in all windows. */
  async output() {
    const names = await fs.readdir(path.join(this.data, "logs"), { recursive: true });
    const files = names.filter((name) => path.basename(name) === "FIM.log");
    return (await Promise.all(files.map((name) => fs.readFile(path.join(this.data, "logs", name), "utf8")))).join("\n");
  }

  /** The process ids of this one's language servers: those that were started, with its home, from `directory`. */
  async languageServers(directory = this.home) {
    const found = [];
    for (const { pid, words } of await processes()) {
      if (words.some((word) => word.startsWith(directory) && word.endsWith("/bin/fim-language-server")) && (await this.owns(pid))) {
        found.push(pid);
      }
    }
    return found;
  }

  async owns(pid) {
    const environment = await fs.readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    return environment.split("\0").includes(`HOME=${this.home}`);
  }

  async stop() {
    await this.browser?.close();
    if (this.child?.pid) {
      // Its extension hosts are in its process group.
      process.kill(-this.child.pid, "SIGTERM");
      await once(this.child, "exit");
    }
    await fs.rm(this.home, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
  }
}

/** One window, as a person sees it. */
export class Window {
  constructor(page, folder) {
    this.page = page;
    this.folder = folder;
  }

  /** Open a file by its name and put the cursor at its end. */
  async edit(name) {
    await this.pickQuickly("Control+P", name, name);
    await this.page.waitForSelector(`.tab.active[data-resource-name="${name}"]`);
    await this.page.locator(".editor-instance .monaco-editor .view-lines").first().click({ position: { x: 5, y: 5 } });
    await this.page.keyboard.press("Control+End");
  }

  async type(text, delay = 40) {
    await this.page.keyboard.type(text, { delay });
  }

  async press(...keys) {
    for (const key of keys) {
      await this.page.keyboard.press(key);
    }
  }

  /** The ghost text on the screen. It is drawn in pieces, by colour: those of a line are put together. */
  async ghost() {
    const lines = await this.page.evaluate(() => {
      const pieces = document.querySelectorAll('.editor-instance .view-line > * [class*="ghost-text"]');
      const byLine = new Map();
      for (const piece of pieces) {
        const line = piece.closest(".view-line");
        byLine.set(line, (byLine.get(line) ?? "") + piece.textContent);
      }
      const top = (line) => line.getBoundingClientRect().top;
      return [...byLine].sort(([one], [other]) => top(one) - top(other)).map(([, text]) => text);
    });
    return lines.join("\n").replaceAll("\u00a0", " ");
  }

  /** Wait until the ghost text has a text in it, or is as a function wants it. */
  async waitForGhost(wanted) {
    const fits = typeof wanted === "string" ? (ghost) => ghost.includes(wanted) : wanted;
    await until(async () => fits(await this.ghost()), `ghost text: ${wanted}`, () => this.describe());
  }

  /** Wait until this is drawn below the cursor's line: the other lines of the ghost text. */
  async waitForBelow(wanted) {
    const zones = this.page.locator(".editor-instance .view-zones").first();
    const below = async () => (await zones.innerText()).replaceAll("\u00a0", " ").includes(wanted);
    await until(below, `ghost text below: ${wanted}`, () => this.describe());
  }

  async waitForNoGhost() {
    await until(async () => (await this.ghost()) === "", "no ghost text", () => this.describe());
  }

  /** The text of the editor, without what is only ghost. */
  async text() {
    return this.page.evaluate(() => {
      const lines = [...document.querySelectorAll(".editor-instance .view-lines .view-line")];
      lines.sort((one, other) => one.getBoundingClientRect().top - other.getBoundingClientRect().top);
      const own = (line) => {
        const copy = line.cloneNode(true);
        copy.querySelectorAll('[class*="ghost-text"]').forEach((ghost) => ghost.remove());
        return copy.textContent.replaceAll("\u00a0", " ");
      };
      return lines.map(own).join("\n");
    });
  }

  async waitForText(text) {
    await until(async () => (await this.text()).includes(text), `the text ${JSON.stringify(text)}`, () => this.describe());
  }

  /** What the status bar says of us: its text, its icon, and the whole of its tooltip. */
  async status() {
    return this.page.evaluate(() => {
      const item = document.querySelector('.statusbar-item[id$=".fim.status"]');
      const icon = [...(item?.querySelector(".codicon")?.classList ?? [])].find((name) => /^codicon-(?!modifier)/.test(name));
      return item && { text: item.innerText.trim(), icon, label: item.querySelector("a")?.getAttribute("aria-label") ?? item.getAttribute("aria-label") };
    });
  }

  /** Wait until the status bar item's text, icon and tooltip, joined, match. */
  async waitForStatus(pattern, patience) {
    const said = async () => Object.values((await this.status()) ?? {}).join(" | ");
    await until(async () => pattern.test(await said()), `a status like ${pattern}`, async () => `${await said()}\n${await this.describe()}`, patience);
  }

  /** Open the menu behind the status bar item. */
  async openMenu() {
    await this.page.locator('.statusbar-item[id$=".fim.status"] a').click();
    await this.page.locator(".quick-input-list .monaco-list-row").first().waitFor();
  }

  /** Run a command by its title, from the palette. */
  async run(title) {
    await this.pickQuickly("F1", `>${title}`, title);
  }

  /**
   * Open the list that a key opens, and pick from it. While the focus moves, as after a file was renamed, the key
   * reaches nobody, or the list loses the focus and is gone again: as a person would, do it until it is done.
   */
  async pickQuickly(key, text, entry) {
    const patience = { timeout: KEY_PATIENCE };
    const input = this.page.locator(".quick-input-widget input").first();
    const row = this.page.locator(".quick-input-list .monaco-list-row", { hasText: entry }).first();
    const pick = async () => {
      if (!(await input.isVisible())) {
        await this.page.keyboard.press(key);
      }
      await input.fill(text, patience);
      await row.click(patience);
    };
    await until(() => pick().then(() => true, () => false), `${key} to bring “${entry}”`, () => this.describe());
  }

  /** Choose an entry of the list that is open. */
  async pick(text) {
    await this.page.locator(".quick-input-list .monaco-list-row", { hasText: text }).first().click();
  }

  /** Fill the input box that is open. */
  async answer(text) {
    await this.page.locator(".quick-input-widget input[type=password], .quick-input-widget input").first().fill(text);
    await this.page.keyboard.press("Enter");
  }

  /** The notifications that are on the screen, or in the notification centre. */
  async notifications() {
    return this.page.locator(".notification-list-item-message").allInnerTexts();
  }

  /** Those of them that are ours: VS Code itself and other extensions have things to say, too. */
  async ownNotifications() {
    const rows = await this.page.locator(".notification-list-item-message").evaluateAll((messages) =>
      messages.map((message) => ({
        text: message.innerText,
        // What a screen reader is told ends with the source.
        label: message.closest(".monaco-list-row")?.getAttribute("aria-label") ?? "",
      })),
    );
    return rows.filter(({ text, label }) => /^FIM\b/.test(text) || /source: FIM/i.test(label)).map(({ text }) => text);
  }

  async waitForNotification(pattern) {
    const some = async () => (await this.notifications()).some((text) => pattern.test(text));
    await until(some, `a notification like ${pattern}`, async () => JSON.stringify(await this.notifications()));
  }

  /** Keep what is on the screen, or a part of it. */
  async picture(name, clip) {
    await fs.mkdir(PICTURES, { recursive: true });
    await this.page.screenshot({ path: path.join(PICTURES, `${name}.png`), ...(clip ? { clip } : {}) });
  }

  async describe() {
    await this.picture("failed");
    return `text: ${JSON.stringify(await this.text())}, ghost: ${JSON.stringify(await this.ghost())}; see failed.png in ${PICTURES}`;
  }
}

/** Every process that we may see, with the words of its command line. */
export async function processes() {
  const pids = (await fs.readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const read = async (pid) => (await fs.readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split("\0");
  return Promise.all(pids.map(async (pid) => ({ pid: Number(pid), words: await read(pid) })));
}

/** The files below a directory that have a text in them. */
export async function filesWith(text, directory) {
  const found = await promisify(execFile)("grep", ["-rlaF", "--", text, directory]).catch((error) => error);
  return found.stdout.split("\n").filter(Boolean);
}

/** The shell commands that a section of docs/editors.md tells people to type. */
export async function documentedSteps(section) {
  const page = await fs.readFile(path.join(ROOT, "docs", "editors.md"), "utf8");
  const text = page.split(/^## /m).find((part) => part.startsWith(section));
  const steps = [...text.matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)].flatMap(([, block]) => block.split("\n"));
  return steps.map((step) => step.trim()).filter(Boolean);
}

/** Wait until the folders of a workspace file are there. code-server now and then opens such a file without them. */
async function showFolders(page) {
  const folders = () => page.locator(".explorer-folders-view .monaco-list-row").first().waitFor({ timeout: 5 * KEY_PATIENCE });
  await until(
    () => folders().then(() => true, () => page.reload({ waitUntil: "domcontentloaded" }).then(() => false)),
    "the folders of the workspace",
  );
}

function quoted(word) {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function findBrowser() {
  for (const name of BROWSERS) {
    try {
      return execFileSync("which", [name], { encoding: "utf8" }).trim();
    } catch {
      // The next one, then.
    }
  }
  throw new Error(`none of ${BROWSERS.join(", ")} is on the PATH`);
}

async function freePort() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
