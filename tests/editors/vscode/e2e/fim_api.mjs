/** The loopback FIM API of the Python tests (tests/fakes/provider_server.py), as a process of its own. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { ROOT } from "./paths.mjs";

export const KEY = "sk-fim-e2e-0123456789abcdef";

/** An API that insists on KEY. */
export class FimApi {
  static async start() {
    const python = `${ROOT}/.venv/bin/python`;
    const args = ["-m", "tests.fakes.provider_server", "--key", KEY, "--text", ""];
    const child = spawn(python, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
    const [url] = await once(createInterface({ input: child.stdout }), "line");
    return new FimApi(child, url);
  }

  constructor(child, url) {
    this.child = child;
    this.url = url;
  }

  /** From now on answer with a text, or as a script says (see `Script` in tests/fakes/scripted_answer.py). */
  async answer(text, script = {}) {
    const body = JSON.stringify({ answer: text, script });
    const reply = await fetch(new URL("/_script", this.url), { method: "PUT", body });
    if (!reply.ok) {
      throw new Error(`the FIM API does not take that script: ${reply.status}`);
    }
  }

  /** What it was asked so far. */
  async requests() {
    return (await fetch(new URL("/_requests", this.url))).json();
  }

  async stop() {
    this.child.kill();
    await once(this.child, "exit");
  }
}
