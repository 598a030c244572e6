/**
 * Which program is the server. Pure: what the machine has comes in as arguments.
 * How the bundled one is installed is in `environment.ts`.
 */

import * as path from "node:path";

/** The command that is looked for on the PATH, and that the bundled environment has. */
export const SERVER = "fim-language-server";

/** How to start a server, and on whose word. */
export interface Launch {
  readonly source: "command" | "interpreter" | "path" | "bundled";
  readonly command: string;
  readonly args: readonly string[];
}

/** What the user said of the server (`fim.server.*`). */
export interface ServerSettings {
  readonly command: readonly string[];
  readonly interpreter: string;
  readonly preferBundled: boolean;
}

/** The part of the machine that the choice depends on. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  /** Is there a program at this path? */
  isProgram(file: string): boolean;
}

/**
 * Return how to start the user's own server, or undefined where the bundled one is to be used.
 *
 * The order, which the README documents: `fim.server.command`, `fim.server.interpreter`, a
 * `fim-language-server` on the PATH unless `fim.server.preferBundled`, the bundled one.
 */
export function chooseLaunch(settings: ServerSettings, machine: Machine): Launch | undefined {
  const [program, ...args] = settings.command;
  if (program) {
    return { source: "command", command: expanded(program, machine), args: args.map((word) => withVariables(word, machine)) };
  }
  if (settings.interpreter) {
    return launchModule(expanded(settings.interpreter, machine));
  }
  const found = settings.preferBundled ? undefined : findProgram(SERVER, machine);
  return found === undefined ? undefined : { source: "path", command: found, args: [] };
}

/** `-P` keeps the directory it is started in out of `sys.path`: a workspace must not shadow the server's modules. */
function launchModule(interpreter: string): Launch {
  return { source: "interpreter", command: interpreter, args: ["-P", "-m", "fim_language_server"] };
}

/**
 * Return the path of a program on the PATH, or undefined.
 *
 * Relative entries are passed over, and on Windows the current directory, too: both may be the workspace.
 */
export function findProgram(name: string, machine: Machine, more: readonly string[] = []): string | undefined {
  const { platform, env } = machine;
  const flavour = platform === "win32" ? path.win32 : path.posix;
  const suffixes = platform === "win32" ? [".exe", ".cmd", ".bat"] : [""];
  const directories = (pathOf(env, platform) ?? "").split(flavour.delimiter);
  for (const directory of [...directories, ...more]) {
    if (!flavour.isAbsolute(directory)) {
      continue;
    }
    for (const suffix of suffixes) {
      const file = flavour.join(directory, name + suffix);
      if (machine.isProgram(file)) {
        return file;
      }
    }
  }
  return undefined;
}

/** Return the PATH; Windows writes its name in any case. */
function pathOf(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string | undefined {
  const name = platform === "win32" ? Object.keys(env).find((key) => key.toUpperCase() === "PATH") : "PATH";
  return name === undefined ? undefined : env[name];
}

/** Return the path of a program without `~` and without variables. */
function expanded(file: string, machine: Machine): string {
  return withVariables(file === "~" || /^~[\\/]/.test(file) ? machine.home + file.slice(1) : file, machine);
}

/** Return a word with VS Code's variables `${userHome}` and `${env:NAME}` replaced, as its own settings have them. */
function withVariables(word: string, machine: Machine): string {
  return word.replace(/\$\{(?:(userHome)|env:([^}]*))\}/g, (_all, home, name) => (home ? machine.home : (machine.env[name] ?? "")));
}
