/** One at a time, over all windows: a directory with the owner's process id in it. */

import * as fs from "node:fs/promises";
import * as path from "node:path";

const PAUSE_MS = 300;

/**
 * Wait for a lock, and return what lets it go. A lock whose owner is gone is taken over. Rejects where `signal`
 * aborts. `pause` waits some time; tests bring their own.
 */
export async function takeLock(
  directory: string,
  signal: AbortSignal,
  pause: (ms: number) => Promise<void> = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
): Promise<() => Promise<void>> {
  for (;;) {
    signal.throwIfAborted();
    try {
      await fs.mkdir(directory);
      await fs.writeFile(path.join(directory, "pid"), String(process.pid));
      return () => fs.rm(directory, { recursive: true, force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
        throw error;
      }
    }
    const owner = Number(await fs.readFile(path.join(directory, "pid"), "utf8").catch(() => ""));
    // No number yet: the owner is about to write it, or died on the way; the second look tells.
    await pause(PAUSE_MS);
    const now = Number(await fs.readFile(path.join(directory, "pid"), "utf8").catch(() => ""));
    if (owner === now && !(now > 0 && isAlive(now))) {
      await fs.rm(directory, { recursive: true, force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
