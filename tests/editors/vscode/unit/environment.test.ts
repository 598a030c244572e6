/** The private environment: made with uv, or with any Python that will do, or not at all, with a remedy. */

import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { Environment, InstallError, noPython, type Payload, programIn, pythonNames, readPayload, refusal } from "../../../../editors/vscode/src/environment";
import type { Finished } from "../../../../editors/vscode/src/process";
import { machineWith } from "./machine";

const PAYLOAD: Payload = { directory: "/ext/server", wheel: "fim.whl", id: "abc", pythons: [] };
const GOOD = "3.12\nTrue\n";

async function storageOf(t: TestContext): Promise<string> {
  const directory = await fs.mkdtemp(path.join(os.tmpdir(), "fim environment é "));
  t.after(() => fs.rm(directory, { recursive: true }));
  return directory;
}

/** A machine's programs as a script: each call is kept, and answered by the first rule whose words are all in it. */
class Programs {
  readonly calls: string[] = [];

  constructor(private readonly rules: [string, Finished | string][]) {}

  readonly run = async (command: string, args: readonly string[]): Promise<Finished> => {
    const call = [command, ...args].join(" ");
    this.calls.push(call);
    const answer = this.rules.find(([words]) => words.split(" ").every((word) => `${call} `.includes(`${word} `)))?.[1] ?? "";
    const directory = /(?:venv|>=3\.11) (\/.*\/server-\w+)$/.exec(call)?.[1];
    if (directory && (typeof answer === "string" || answer.status === 0)) {
      await fs.mkdir(path.join(directory, "bin"), { recursive: true });
      await fs.writeFile(path.join(directory, "bin", "python"), "");
      await fs.writeFile(programIn(directory, "linux"), "");
    }
    return typeof answer === "string" ? { status: 0, output: answer } : answer;
  };
}

function make(environment: Environment): Promise<void> {
  return environment.make(() => undefined, () => undefined, new AbortController().signal);
}

async function refused(work: Promise<void>): Promise<string> {
  return work.then(
    () => assert.fail("it was made"),
    (error) => {
      assert.ok(error instanceof InstallError, String(error));
      return error.message;
    },
  );
}

test("uv is preferred; it brings its own Python where there is none", async (t) => {
  const programs = new Programs([["-c", GOOD]]);
  const environment = new Environment(PAYLOAD, await storageOf(t), machineWith(["/usr/bin/uv", "/usr/bin/python3"]), programs.run);
  assert.equal(await environment.isComplete(), false);
  await make(environment);
  assert.equal(await environment.isComplete(), true);
  assert.match(programs.calls[0]!, /^\/usr\/bin\/uv venv .*--python >=3\.11/);
  const [needed, server] = programs.calls.slice(-2);
  assert.match(needed!, /^\/usr\/bin\/uv pip install --python .* --require-hashes --only-binary :all: -r \/ext\/server\/requirements\.txt$/);
  assert.match(server!, /^\/usr\/bin\/uv pip install --python .* --no-index --no-deps \/ext\/server\/fim\.whl$/);
});

test("without uv the first Python that will do is taken", async (t) => {
  const programs = new Programs([
    ["/usr/bin/python3 -c", "3.9\nTrue\n"],
    ["/usr/bin/python3.13 -c", "3.13\nFalse\n"],
    ["/usr/bin/python3.12 -c", GOOD],
  ]);
  const machine = machineWith(["/usr/bin/python3", "/usr/bin/python3.13", "/usr/bin/python3.12"]);
  const environment = new Environment(PAYLOAD, await storageOf(t), machine, programs.run);
  await make(environment);
  assert.ok(programs.calls.some((call) => call.startsWith("/usr/bin/python3.12 -I -m venv ")));
  assert.match(programs.calls.at(-1)!, /server-abc\/bin\/python -I -m pip install/);
});

test("where uv fails, Python is tried", async (t) => {
  const programs = new Programs([
    ["/usr/bin/uv pip", { status: 1, output: "error: no route to host" }],
    ["-c", GOOD],
  ]);
  const environment = new Environment(PAYLOAD, await storageOf(t), machineWith(["/usr/bin/uv", "/usr/bin/python3"]), programs.run);
  await make(environment);
  assert.equal(await environment.isComplete(), true);
  assert.match(programs.calls.at(-1)!, /bin\/python -I -m pip install/);
});

test("the network is not asked where all wheels for this Python are there", async (t) => {
  const payload = { ...PAYLOAD, pythons: ["3.11", "3.12"] };
  for (const [version, offline] of [["3.12", true], ["3.15", false]] as const) {
    const programs = new Programs([["-c", `${version}\nTrue\n`]]);
    await make(new Environment(payload, await storageOf(t), machineWith(["/usr/bin/python3"]), programs.run));
    assert.equal(programs.calls.at(-2)!.includes("--no-index --find-links /ext/server/wheels"), offline, version);
  }
});

test("an environment whose making was broken off is made anew", async (t) => {
  const storage = await storageOf(t);
  const programs = new Programs([["pip install", { status: 1, output: "ERROR: no space left" }], ["-c", GOOD]]);
  const broken = new Environment(PAYLOAD, storage, machineWith(["/usr/bin/python3"]), programs.run);
  assert.match(await refused(make(broken)), /no space left/);
  assert.equal(await broken.isComplete(), false);
  const sound = new Environment(PAYLOAD, storage, machineWith(["/usr/bin/python3"]), new Programs([["-c", GOOD]]).run);
  await make(sound);
  assert.equal(await sound.isComplete(), true);
});

test("an environment whose Python is gone counts as none", async (t) => {
  const environment = new Environment(PAYLOAD, await storageOf(t), machineWith(["/usr/bin/python3"]), new Programs([["-c", GOOD]]).run);
  await make(environment);
  await fs.rm(path.join(environment.directory, "bin", "python"));
  assert.equal(await environment.isComplete(), false);
});

test("a machine without a Python that will do is told why, and what to do", async (t) => {
  const programs = new Programs([["-c", "3.12\nFalse\n"]]);
  const message = await refused(make(new Environment(PAYLOAD, await storageOf(t), machineWith(["/usr/bin/python3"]), programs.run)));
  assert.match(message, /^The server needs uv, or Python 3\.11 or newer with venv .*apt install python3\.12-venv.* then try again\.$/);
});

test("environments of other versions go; other files stay", async (t) => {
  const storage = await storageOf(t);
  await fs.mkdir(path.join(storage, "server-old"));
  await fs.mkdir(path.join(storage, "server-abc"));
  await fs.mkdir(path.join(storage, "other"));
  await new Environment(PAYLOAD, storage, machineWith([]), new Programs([]).run).removeOthers();
  assert.deepEqual((await fs.readdir(storage)).sort(), ["other", "server-abc"]);
});

const ANSWERS: [string, Finished, string | undefined][] = [
  ["new enough", { status: 0, output: "3.11\nTrue\n" }, undefined],
  ["much newer", { status: 0, output: "3.20\nTrue\n" }, undefined],
  ["too old", { status: 0, output: "3.10\nTrue\n" }, "python3 is 3.10"],
  ["of the last century", { status: 0, output: "2.7\nTrue\n" }, "python3 is 2.7"],
  ["packed in pieces", { status: 0, output: "3.11\nFalse\n" }, "python3 (3.11) lacks the module venv (Debian, Ubuntu: apt install python3.11-venv)"],
  ["Windows' advertisement for its store", { status: 9009, output: "Python was not found" }, "python3 does not run"],
  ["not there", { status: null, output: "ENOENT" }, "python3 does not run"],
];

for (const [name, answer, expected] of ANSWERS) {
  test(`a Python is judged by its answer: ${name}`, () => assert.equal(refusal("python3", answer), expected));
}

test("the plain name is tried first; Windows' launcher where there is one", () => {
  assert.equal(pythonNames("linux")[0]!.name, "python3");
  assert.deepEqual(pythonNames("win32")[0], { name: "py", args: ["-3"] });
});

test("the remedy names what each system has", () => {
  assert.match(noPython([], "win32"), /winget/);
  assert.match(noPython(["python3 is 3.9"], "darwin"), /\(python3 is 3\.9\)/);
});

test("a build without a server says so", async () => {
  await assert.rejects(readPayload("/nowhere"), /make vsix/);
});
