/** Ways to install the server: without a network, with uv, and with nothing that would do. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { after, test } from "node:test";
import { CodeServer, NO_WORDS } from "./code_server.mjs";
import { CACHE, ROOT } from "./paths.mjs";
import { until } from "./until.mjs";

/** Ms that making an environment may take. */
const INSTALLING = 300_000;

/** Nobody listens there: whoever asks an index of packages is refused at once. */
const NO_NETWORK = {
  PIP_CONFIG_FILE: "/dev/null",
  PIP_INDEX_URL: "http://127.0.0.1:9/simple",
  PIP_EXTRA_INDEX_URL: "",
  PIP_FIND_LINKS: "",
  PIP_RETRIES: "0",
  PIP_NO_CACHE_DIR: "1",
};

/** Something that a model of the workspace can go on with. */
const SHAPE = `class Shape:
    def area(self):
        return self.width_of_shape * self.height_of_shape

    def circumference(self):
        return 2 * (self.width_of_shape + self.height_of_shape)

    def diagonal(self):
        return (self.width_of_shape ** 2 + self.height_of_shape ** 2) ** 0.5

    def describe(self):
        return `;

const python = `${ROOT}/.venv/bin/python`;
const started = [];

async function start(options) {
  const code = await CodeServer.start(options);
  started.push(code);
  return code;
}

after(async () => {
  for (const code of started) {
    await code.stop();
  }
});

test("the variant for one platform needs no network", async () => {
  const target = `${process.platform}-${process.arch}`;
  const version = execFileSync(python, ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"], { encoding: "utf8" }).trim();
  const vsix = path.join(CACHE, `fim-language-server-${target}.vsix`);
  execFileSync(python, [`${ROOT}/editors/vscode/build.py`, "--target", target, "--python", version, "--out", vsix], { stdio: "pipe" });

  const code = await start({ vsix, env: NO_NETWORK, settings: NO_WORDS });
  const window = await code.open("project", { "shape.py": SHAPE });
  await window.waitForStatus(/FIM offline/);
  assert.equal((await code.languageServers()).length, 1);
  await until(async () => (await code.output()).includes("indexed"), "the index");
  await window.edit("shape.py");
  await window.type("self.wid");
  await window.waitForGhost("th_of_shape");
});

test("uv, where there is one, makes the environment", async () => {
  const code = await start({ uv: true });
  const window = await code.open("project", { "shape.py": "" });
  await window.waitForStatus(/FIM offline/, INSTALLING);
  assert.equal((await code.languageServers()).length, 1);
  const [environment] = (await fs.readdir(code.storage)).filter((name) => name.startsWith("server-"));
  assert.match(await fs.readFile(path.join(code.storage, environment, "pyvenv.cfg"), "utf8"), /^uv = /m);
});

test("without any Python it says how to get one, and where there is one, that it needs the network once", async () => {
  const code = await start({ env: NO_NETWORK, python: false });
  const window = await code.open("project", { "a.py": "" });
  await window.waitForNotification(/The server needs uv, or Python 3\.11 or newer with venv/);
  await window.waitForStatus(/codicon-error.*The server needs uv/s);
  await code.linkPython();
  await window.openMenu();
  await window.pick("Restart the server");
  await window.waitForStatus(/codicon-loading/);
  await window.waitForStatus(/codicon-error.*needs the network once/s, INSTALLING);
  await window.waitForNotification(/could not be installed.*needs the network once, or the variant of the extension/);
});
