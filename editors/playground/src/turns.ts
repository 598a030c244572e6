/** Work that is asked for more often than it can be done. Pure. */

/** Return what starts the work, or has it done once more after the turn that runs: the last call is never lost. */
export function oneAtATime(work: () => Promise<void>): () => void {
  let isRunning = false;
  let isWanted = false;
  const run = async () => {
    isRunning = true;
    while (isWanted) {
      isWanted = false;
      await work().catch(() => {}); // Its failure is the other side's end, which the page tells elsewhere.
    }
    isRunning = false;
  };
  return () => {
    isWanted = true;
    if (!isRunning) void run();
  };
}
