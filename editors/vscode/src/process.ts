/** Runs a program to its end. It knows nothing of what the program is for. */

import { spawn } from "node:child_process";

/** How a program ended: its exit status (null where it was killed) and what it wrote. */
export interface Finished {
  readonly status: number | null;
  readonly output: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly signal?: AbortSignal;
  /** Variables that are added to this process's own. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Is told each line, of both outputs, as it comes. */
  readonly onLine?: (line: string) => void;
}

/** Run a program, without a shell, and wait for its end. A program that cannot be started ends with status null. */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.variables },
      stdio: ["ignore", "pipe", "pipe"],
      windowsHide: true,
      ...(options.signal ? { signal: options.signal } : {}),
    });
    let output = "";
    let line = "";
    const take = (data: string): void => {
      output += data;
      const lines = (line + data).split(/\r?\n/);
      line = lines.pop() ?? "";
      lines.forEach((text) => options.onLine?.(text));
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", take);
    }
    child.on("error", (error) => resolve({ status: null, output: `${output}${error.message}` }));
    child.on("close", (status) => {
      if (line) {
        options.onLine?.(line);
      }
      resolve({ status, output });
    });
  });
}
