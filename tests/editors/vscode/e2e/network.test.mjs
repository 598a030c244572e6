/** Companies' networks: VS Code's proxy, certificates that only the machine knows, and what is told where these fail. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import * as http from "node:http";
import * as https from "node:https";
import * as os from "node:os";
import * as path from "node:path";
import { after, test } from "node:test";
import { CodeServer } from "./code_server.mjs";
import { KEY } from "./fim_api.mjs";
import { ROOT } from "./paths.mjs";
import { until } from "./until.mjs";

/** An index of packages as only pip's configuration names it; one retry, since pip says nothing of a failure without. */
const indexAt = (url) => ({
  PIP_CONFIG_FILE: "/dev/null",
  PIP_INDEX_URL: url,
  PIP_EXTRA_INDEX_URL: "",
  PIP_FIND_LINKS: "",
  PIP_RETRIES: "1",
  PIP_NO_CACHE_DIR: "1",
  PIP_CERT: "",
  REQUESTS_CA_BUNDLE: "",
  SSL_CERT_FILE: "",
});

const cleanUps = [];

after(async () => {
  for (const cleanUp of cleanUps.reverse()) {
    await cleanUp();
  }
});

async function listen(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanUps.push(() => server.close());
  return server.address().port;
}

async function start(options) {
  const code = await CodeServer.start(options);
  cleanUps.push(() => code.stop());
  return code;
}

/** A proxy that lets nothing through, and what it was asked for. */
async function startProxy() {
  const asked = [];
  const server = http.createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(502).end();
  });
  server.on("connect", (request, socket) => {
    asked.push(`CONNECT ${request.url}`);
    socket.on("error", () => undefined).end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  });
  return { url: `http://127.0.0.1:${await listen(server)}`, asked };
}

/** An index whose certificate is signed by itself: the certificate's file, and what it was asked for. */
async function startIndex() {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "fim-index-"));
  cleanUps.push(() => fs.rm(folder, { recursive: true }));
  const [key, certificate] = ["key", "certificate"].map((name) => path.join(folder, `${name}.pem`));
  const made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  execFileSync("openssl", [...made, "-keyout", key, "-out", certificate], { stdio: "pipe" });
  const asked = [];
  const server = https.createServer({ key: await fs.readFile(key), cert: await fs.readFile(certificate) }, (request, response) => {
    asked.push(request.url);
    response.writeHead(404).end();
  });
  return { url: `https://127.0.0.1:${await listen(server)}/simple`, certificate, asked };
}

test("installing goes through VS Code's proxy, and where that refuses, the user is told so, once", async () => {
  const proxy = await startProxy();
  const code = await start({ settings: { "http.proxy": proxy.url }, env: indexAt("https://packages.example.invalid/simple") });
  const window = await code.open("project", { "a.py": "" });
  await window.waitForNotification(/could not be installed\. The proxy does not let it through.*Tunnel connection failed: 502/);
  await window.waitForStatus(/codicon-error.*The proxy does not let it through/s);
  assert.ok(proxy.asked.some((line) => line.startsWith("CONNECT packages.example.invalid")), `${proxy.asked}`);
  assert.equal((await window.ownNotifications()).length, 1);
  await window.picture("installation-failed");
  await window.page.getByRole("button", { name: "Show log" }).click();
  await until(async () => (await window.page.locator(".output-view-container, .panel .output").count()) > 0, "the log");
});

test("the server goes through VS Code's proxy", async () => {
  const proxy = await startProxy();
  const code = await start({
    settings: {
      "http.proxy": proxy.url,
      "fim.server.command": [`${ROOT}/.venv/bin/fim-language-server`],
      "fim.provider.kind": "mistral",
      "fim.provider.url": "http://models.example.invalid",
      "fim.provider.allowInsecureHttp": true,
    },
    env: { ...indexAt(""), MISTRAL_API_KEY: KEY },
  });
  const window = await code.open("project", { "a.py": "import os\n\n" });
  await window.waitForStatus(/codicon-sparkle/);
  await window.edit("a.py");
  await window.type("print(");
  await until(() => proxy.asked.some((line) => line.startsWith("POST http://models.example.invalid/")), "the proxy to be asked", () => `${proxy.asked}`);
});

test("an index whose certificate nobody knows is told as that", async () => {
  const index = await startIndex();
  const code = await start({ env: indexAt(index.url) });
  const window = await code.open("project", { "a.py": "" });
  await window.waitForNotification(/The certificate of the package index is not trusted.*CERTIFICATE_VERIFY_FAILED/);
  assert.deepEqual(index.asked, []);
});

test("certificates that VS Code trusts are trusted by pip", async () => {
  const index = await startIndex();
  const code = await start({ env: { ...indexAt(index.url), SSL_CERT_FILE: index.certificate } });
  const window = await code.open("project", { "a.py": "" });
  await window.waitForNotification(/could not be installed/);
  await window.waitForNotification(/The package index offers none of what is needed/);
  assert.ok(index.asked.length > 0);
});

test("a server that ends at once is told with what it said, in one message", async () => {
  const python = path.join("${userHome}", "tools", "python3");
  const code = await start({ settings: { "fim.server.interpreter": python } });
  const window = await code.open("project", { "a.py": "" });
  await window.waitForNotification(/could not be started.*No module named fim_language_server/);
  assert.equal((await window.ownNotifications()).length, 1);
});

test("a command that is not there is told, in one message", async () => {
  const code = await start({ settings: { "fim.server.command": ["/nowhere/fim-language-server"] } });
  const window = await code.open("project", { "a.py": "" });
  await window.waitForNotification(/could not be started.*\/nowhere\/fim-language-server.*ENOENT/);
  assert.equal((await window.ownNotifications()).length, 1);
});
