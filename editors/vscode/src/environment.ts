/**
 * The private Python environment in which the bundled server lives: how it is made on first use, with `uv` where
 * there is one, else with any Python that is new enough. It knows no VS Code; who tells the user is `install.ts`.
 *
 * An environment lies in `STORAGE/server-ID`, where ID stands for the wheel and its pins, so that a new version of
 * the extension makes a new one. It counts as made once it has the file `complete`, which is written last.
 */

import * as fs from "node:fs/promises";
import * as path from "node:path";
import { explainFailure } from "./installFailure";
import type { Finished, RunOptions } from "./process";
import { findProgram, type Machine, SERVER } from "./server";

/** What the extension carries (`server/payload.json`, made by `make vsix`). */
export interface Payload {
  /** The directory with the wheel, the pins and, maybe, all wheels it needs. */
  readonly directory: string;
  readonly wheel: string;
  readonly id: string;
  /** The Python versions, such as `3.12`, whose wheels are all in `wheels/`; none: the network is needed. */
  readonly pythons: readonly string[];
}

export type Runner = (command: string, args: readonly string[], options: RunOptions) => Promise<Finished>;

/** A sentence for the user that says what to mend. */
export class InstallError extends Error {}

const OLDEST = 11;
const NEWEST_NAMED = 15;

/** What a Python is asked: its version, and whether it can make environments. Debian packs `ensurepip` apart. */
const PROBE =
  "import sys; print('%d.%d' % sys.version_info[:2]); " +
  "import importlib.util as u; print(all(u.find_spec(m) for m in ('venv', 'ensurepip')))";

/** Return the path of the server's program in an environment. */
export function programIn(directory: string, platform: NodeJS.Platform): string {
  return platform === "win32" ? path.join(directory, "Scripts", `${SERVER}.exe`) : path.join(directory, "bin", SERVER);
}

function pythonIn(directory: string, platform: NodeJS.Platform): string {
  return platform === "win32" ? path.join(directory, "Scripts", "python.exe") : path.join(directory, "bin", "python");
}

/** Read what the extension carries. Raises InstallError where it carries nothing. */
export async function readPayload(directory: string): Promise<Payload> {
  try {
    const raw = JSON.parse(await fs.readFile(path.join(directory, "payload.json"), "utf8"));
    return { directory, wheel: String(raw.wheel), id: String(raw.id), pythons: (raw.pythons ?? []).map(String) };
  } catch {
    throw new InstallError(
      "This build of the extension has no server in it: set fim.server.command, or build it with `make vsix`.",
    );
  }
}

/** Makes, and finds, the environment of one payload. */
export class Environment {
  readonly directory: string;

  constructor(
    private readonly payload: Payload,
    private readonly storage: string,
    private readonly machine: Machine,
    private readonly run: Runner,
    /** Variables that are added to the environment of each program: proxy and certificates. */
    private readonly variables: Readonly<Record<string, string>> = {},
  ) {
    this.directory = path.join(storage, `server-${payload.id}`);
  }

  /** The server's program. */
  get program(): string {
    return programIn(this.directory, this.machine.platform);
  }

  /** Is it there, and is the Python it was made from still there, too? */
  async isComplete(): Promise<boolean> {
    const needed = [path.join(this.directory, "complete"), this.program, pythonIn(this.directory, this.machine.platform)];
    return (await Promise.all(needed.map(exists))).every(Boolean);
  }

  /**
   * Make the environment, anew where there is half of one. Raises InstallError with a remedy, and whatever
   * `signal` aborts with.
   */
  async make(say: (step: string) => void, log: (line: string) => void, signal: AbortSignal): Promise<void> {
    await fs.mkdir(this.storage, { recursive: true });
    const way: Way = { say, log, options: { cwd: this.storage, signal, onLine: log, variables: this.variables } };
    const uv = findProgram("uv", this.machine, uvDirectories(this.machine));
    const refused = uv === undefined ? undefined : await this.makeWithUv(uv, way).then(none, onlyInstallError);
    if (uv === undefined || refused) {
      log(refused ?? "There is no uv on this machine.");
      await this.makeWithPython(way, refused);
    }
    await fs.writeFile(path.join(this.directory, "complete"), "");
  }

  /** Remove the environments of other versions; one that is in use on Windows stays. */
  async removeOthers(): Promise<void> {
    for (const name of await fs.readdir(this.storage)) {
      if (/^server-/.test(name) && path.join(this.storage, name) !== this.directory) {
        await fs.rm(path.join(this.storage, name), { recursive: true, force: true }).catch(() => undefined);
      }
    }
  }

  /** uv fetches a Python where there is none that fits; it is the only way that needs nothing else. */
  private async makeWithUv(uv: string, way: Way): Promise<void> {
    way.say("Making a Python environment with uv");
    await this.step(uv, ["venv", "--no-project", "--clear", "--python", `>=3.${OLDEST}`, this.directory], way, "uv made no environment");
    const python = pythonIn(this.directory, this.machine.platform);
    const version = versionIn(await this.run(python, ["-I", "-c", PROBE], { cwd: this.storage }));
    await this.install({ command: uv, args: ["pip", "install", "--python", python], version }, way);
  }

  private async makeWithPython(way: Way, uvRefused: string | undefined): Promise<void> {
    const { found, refused } = await this.findPython(way.log);
    if (found === undefined) {
      throw new InstallError(uvRefused ?? noPython(refused, this.machine.platform));
    }
    way.say("Making a Python environment");
    await fs.rm(this.directory, { recursive: true, force: true });
    await this.step(found.command, [...found.args, "-I", "-m", "venv", this.directory], way, `${found.command} made no environment`);
    const python = pythonIn(this.directory, this.machine.platform);
    const args = ["-I", "-m", "pip", "install", "--disable-pip-version-check"];
    await this.install({ command: python, args, version: found.version }, way);
  }

  private async findPython(log: (line: string) => void): Promise<{ found?: Pip; refused: string[] }> {
    const refused: string[] = [];
    for (const { name, args } of pythonNames(this.machine.platform)) {
      const command = findProgram(name, this.machine);
      if (command === undefined) {
        continue;
      }
      const answer = await this.run(command, [...args, "-I", "-c", PROBE], { cwd: this.storage });
      const reason = refusal(name, answer);
      if (reason === undefined) {
        return { found: { command, args, version: versionIn(answer) }, refused };
      }
      log(`${command}: ${reason}`);
      refused.push(reason);
    }
    return { refused };
  }

  private async install(pip: Pip, way: Way): Promise<void> {
    const { directory, wheel, pythons } = this.payload;
    const offline = pythons.includes(pip.version);
    const from = offline ? ["--no-index", "--find-links", path.join(directory, "wheels")] : [];
    // Only what was there when the extension was made: no other file of the same version, and nothing that is built here.
    const pinned = ["--require-hashes", "--only-binary", ":all:", "-r", path.join(directory, "requirements.txt")];
    way.say(offline ? "Installing the server" : "Installing the server and what it needs");
    const failure = "The server could not be installed";
    await this.step(pip.command, [...pip.args, ...from, ...pinned], way, failure);
    await this.step(pip.command, [...pip.args, "--no-index", "--no-deps", path.join(directory, wheel)], way, failure);
  }

  /** Run one program of the way; raise InstallError, with the cause, where it fails. */
  private async step(command: string, args: string[], way: Way, failure: string): Promise<void> {
    const { status, output } = await this.run(command, args, way.options);
    way.options.signal?.throwIfAborted();
    if (status !== 0) {
      throw new InstallError(`${failure}. ${explainFailure(output)}`);
    }
  }
}

/** What each step of an installation is given. */
interface Way {
  readonly say: (step: string) => void;
  readonly log: (line: string) => void;
  readonly options: RunOptions;
}

/** How to install into the environment; `version` is its Python's, such as `3.12`. */
interface Pip {
  readonly command: string;
  readonly args: readonly string[];
  readonly version: string;
}

function versionIn(answer: Finished): string {
  return answer.output.trim().split(/\s/)[0] ?? "";
}

/** Return the names under which a Python may be found, the best first. */
export function pythonNames(platform: NodeJS.Platform): { name: string; args: string[] }[] {
  const plain = [{ name: "python3", args: [] }, { name: "python", args: [] }];
  if (platform === "win32") {
    return [{ name: "py", args: ["-3"] }, ...plain];
  }
  const numbered = [];
  for (let minor = NEWEST_NAMED; minor >= OLDEST; minor--) {
    numbered.push({ name: `python3.${minor}`, args: [] });
  }
  // The plain name goes first: it is the one people keep in order.
  return [...plain.slice(0, 1), ...numbered, ...plain.slice(1)];
}

/** Return why a Python cannot be used, from its answer to the probe; undefined where it can. */
export function refusal(name: string, answer: Finished): string | undefined {
  const [version, able] = answer.output.trim().split(/\s+/);
  const minor = /^3\.(\d+)$/.exec(version ?? "")?.[1];
  if (answer.status !== 0 || version === undefined || (minor === undefined && !/^\d+\.\d+$/.test(version))) {
    return `${name} does not run`;
  }
  if (minor === undefined || Number(minor) < OLDEST) {
    return `${name} is ${version}`;
  }
  return able === "True" ? undefined : `${name} (${version}) lacks the module venv (Debian, Ubuntu: apt install python${version}-venv)`;
}

/** Return the sentence for a machine on which no Python will do. */
export function noPython(refused: readonly string[], platform: NodeJS.Platform): string {
  const why = refused.length > 0 ? ` (${refused.join("; ")})` : "";
  const how = platform === "win32" ? "`winget install astral-sh.uv`" : "uv or Python from your package manager";
  return `The server needs uv, or Python 3.${OLDEST} or newer with venv${why}. Install ${how}, then try again.`;
}

/** Where uv's installers put it; a desktop's PATH often lacks these. */
function uvDirectories(machine: Machine): string[] {
  const flavour = machine.platform === "win32" ? path.win32 : path.posix;
  const homes = [".local/bin", ".cargo/bin"].map((name) => flavour.join(machine.home, name));
  return machine.platform === "darwin" ? [...homes, "/opt/homebrew/bin", "/usr/local/bin"] : homes;
}

function none(): undefined {
  return undefined;
}

function onlyInstallError(error: unknown): string {
  if (error instanceof InstallError) {
    return error.message;
  }
  throw error;
}

async function exists(file: string): Promise<boolean> {
  return fs.access(file).then(
    () => true,
    () => false,
  );
}
