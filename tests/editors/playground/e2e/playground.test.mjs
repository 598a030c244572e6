/** The page in a real browser, with the real server behind it and the loopback FIM API behind that. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { FimApi, KEY } from "../../vscode/e2e/fim_api.mjs";
import { ROOT } from "../../vscode/e2e/paths.mjs";

const PATIENCE = 30_000;
const FINISHED = [
  "class Basket:",
  '    """What a customer is about to buy."""',
  "",
  "    def __init__(self):",
  "        self.prices = []",
  "",
  "    def add(self, price):",
  "        self.prices.append(price)",
  "",
  "    def remove(self, price):",
  "        self.prices.remove(price)",
  "",
].join("\n");

let api, folder, playground, url, browser, page;
const asked = [];
const complaints = [];

before(async () => {
  api = await FimApi.start([FINISHED]);
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "fim playground é "));
  const settings = path.join(folder, "settings.json");
  await fs.writeFile(settings, JSON.stringify({ provider: { kind: "mistral", url: api.url } }));
  const workspace = path.join(folder, "shop");
  await fs.mkdir(workspace);
  const args = ["playground", workspace, "--no-browser", "--settings", settings];
  playground = spawn(`${ROOT}/.venv/bin/fim-language-server`, args, {
    env: { ...process.env, MISTRAL_API_KEY: KEY, XDG_STATE_HOME: folder, XDG_CACHE_HOME: folder },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface({ input: playground.stdout }), "line");
  url = line.replace(/^open /, "");
  const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((it) => existsSync(it));
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
  page = await browser.newPage({ viewport: { width: 1180, height: 640 } });
  page.setDefaultTimeout(PATIENCE);
  page.on("request", (request) => asked.push(request.url()));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(url);
});

after(async () => {
  await browser?.close();
  playground?.kill();
  await api?.stop();
  await fs.rm(folder, { recursive: true, force: true });
});

const ghost = () => page.locator('#editor [class*="ghost-text"]').first();

async function text() {
  return (await page.locator("#editor .view-lines").innerText()).replaceAll("\u00a0", " ");
}

test("the page says who completes, and where", async () => {
  await page.locator("#status", { hasText: "mistral · codestral" }).waitFor();
  assert.equal(await page.locator("#folder").innerText(), "shop");
});

test("a key without an answer has its reason in the panel", async () => {
  for (const key of ["ArrowUp", "Home", "ArrowRight", "x"]) await page.keyboard.press(key);
  const silent = page.locator("#ways li").first().filter({ hasText: "Silent: " });
  await silent.waitFor();
  assert.ok((await silent.locator(".headline").innerText()).length > "Silent: ".length + 3);
  assert.equal(await ghost().count(), 0);
  for (const key of ["Backspace", "Control+End"]) await page.keyboard.press(key);
});

test("typing brings ghost text, and the panel says that the model was asked", async () => {
  await page.keyboard.type("r");
  await ghost().waitFor();
  const card = page.locator("#ways .offered", { hasText: "Offered: asked of the model" }).first();
  await card.waitFor();
  assert.match(await card.locator(".stations .answered").innerText(), /^provider /);
});

test("typing on along the suggestion asks the model nothing", async () => {
  await page.locator("#ways .offered").first().waitFor();
  const before = (await api.completions()).length;
  await page.keyboard.type("emo");
  await page.locator("#ways .offered", { hasText: "known from an earlier answer" }).first().waitFor();
  assert.equal((await api.completions()).length, before);
  if (process.env.FIM_PICTURES) await page.screenshot({ path: path.join(ROOT, process.env.FIM_PICTURES, "playground.png") });
});

test("Ctrl-Right accepts a word, and Tab the rest", async () => {
  await page.keyboard.press("Control+ArrowRight");
  await page.locator("#editor .view-lines", { hasText: "self.prices.remove" }).waitFor();
  await page.keyboard.press("Tab");
  await page.waitForFunction(() => document.querySelector("#editor .view-lines").innerText.replaceAll("\u00a0", " ").includes("self.prices.remove(price)"));
  assert.equal((await text()).match(/remove\(price\)/g).length, 1, "nothing is there twice");
});

test("another language is another file of the workspace", async () => {
  await page.locator("#language").selectOption("typescript");
  await page.locator("#editor .view-lines", { hasText: "export class Basket" }).waitFor();
  assert.deepEqual(await fs.readdir(path.join(folder, "shop")), [], "nothing is saved");
});

test("nothing came from elsewhere, and the browser had nothing to complain about", () => {
  const outside = asked.filter((it) => !it.startsWith(url) && !it.startsWith("data:") && !it.startsWith("blob:"));
  assert.deepEqual([outside, complaints], [[], []]);
});

test("the page says so when the server has ended", async () => {
  playground.kill();
  await page.locator("#status", { hasText: "The server has ended" }).waitFor();
});
