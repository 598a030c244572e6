/** The loopback FIM API of the Python tests (benchmarks/fake_api/provider_server.py), as a process of its own. */

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { ROOT } from "./paths.mjs";

/** Another one each time: what is looked for in all processes must not be found in those of another run. */
export const KEY = `sk-fim-e2e-${randomBytes(12).toString("hex")}`;

/** An API that insists on KEY, and knows how files go on once they are finished. */
export class FimApi {
  static async start(finished) {
    const directory = await fs.mkdtemp(path.join(os.tmpdir(), "fim-api-"));
    const files = await Promise.all(
      finished.map(async (text, n) => {
        await fs.writeFile(path.join(directory, `${n}`), text);
        return path.join(directory, `${n}`);
      }),
    );
    const args = ["-m", "benchmarks.fake_api.provider_server", "--key", KEY, "--oracle", ...files];
    const child = spawn(`${ROOT}/.venv/bin/python`, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
    const [url] = await once(createInterface({ input: child.stdout }), "line");
    await fs.rm(directory, { recursive: true });
    return new FimApi(child, url);
  }

  constructor(child, url) {
    this.child = child;
    this.url = url;
  }

  /** From now on answer as a script says (`Script` in benchmarks/fake_api/scripted_answer.py; times in seconds). */
  async act(script = {}) {
    const reply = await fetch(new URL("/_script", this.url), { method: "PUT", body: JSON.stringify({ script }) });
    if (!reply.ok) {
      throw new Error(`the FIM API does not take that script: ${reply.status}`);
    }
  }

  /** The completions it was asked for so far. */
  async completions() {
    const requests = await (await fetch(new URL("/_requests", this.url))).json();
    return requests.filter((request) => request.method === "POST");
  }

  async stop() {
    this.child.kill();
    await once(this.child, "exit");
  }
}
