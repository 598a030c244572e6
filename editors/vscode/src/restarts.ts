/** How often a server that died is started again. Pure: the time comes in. */

/** A server that dies again within this time (ms) has something that only a person can mend. */
export const RESTART_PAUSE_MS = 3 * 60_000;

/** Allows one restart in three minutes. */
export class Restarts {
  private last = Number.NEGATIVE_INFINITY;

  /** May a server that died now (ms) be started again? */
  mayRestart(now: number): boolean {
    if (now - this.last < RESTART_PAUSE_MS) {
      return false;
    }
    this.last = now;
    return true;
  }

  /** Forget what was: the user has started it by hand. */
  reset(): void {
    this.last = Number.NEGATIVE_INFINITY;
  }
}
