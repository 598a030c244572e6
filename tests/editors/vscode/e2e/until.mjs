/** Waiting, in the tests with a real VS Code: for what is to be seen, never for time alone. */

/** How long anything may take, in ms; what is waited for mostly takes far less. */
export const PATIENCE = 60_000;

/** Wait until something is so; fail with what it was waiting for, and what there was instead. */
export async function until(holds, what, describe = () => "", patience = PATIENCE) {
  const end = Date.now() + patience;
  while (!(await holds())) {
    if (Date.now() > end) {
      throw new Error(`waited in vain for ${what}: ${await describe()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
