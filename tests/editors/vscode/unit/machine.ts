/** Machines that exist on paper. */

import type { Machine } from "../../../../editors/vscode/src/server";

/** Return a machine with these programs, and nothing else. */
export function machineWith(programs: string[], more: Partial<Machine> = {}): Machine {
  return {
    platform: "linux",
    home: "/home/ann",
    env: { PATH: "/usr/local/bin:/usr/bin" },
    isProgram: (file) => programs.includes(file),
    ...more,
  };
}
