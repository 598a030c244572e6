/** One window at a time installs; a window that died in the middle holds nobody up. */

import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { takeLock } from "../../../../editors/vscode/src/lock";

const never = new AbortController().signal;

async function placeOf(t: TestContext): Promise<string> {
  const directory = await fs.mkdtemp(path.join(os.tmpdir(), "fim-lock-"));
  t.after(() => fs.rm(directory, { recursive: true, force: true }));
  return path.join(directory, "lock");
}

test("the second waits until the first lets go", async (t) => {
  const place = await placeOf(t);
  const release = await takeLock(place, never);
  const order: string[] = [];
  let pauses = 0;
  const second = takeLock(place, never, async () => {
    if (++pauses === 3) {
      order.push("released");
      await release();
    }
  }).then((releaseSecond) => {
    order.push("taken");
    return releaseSecond();
  });
  await second;
  assert.deepEqual(order, ["released", "taken"]);
});

for (const [name, content] of [["is gone", "99999999"], ["never wrote its name", ""]] as const) {
  test(`a lock is taken over from a window that ${name}`, async (t) => {
    const place = await placeOf(t);
    await fs.mkdir(place);
    if (content) {
      await fs.writeFile(path.join(place, "pid"), content);
    }
    const release = await takeLock(place, never, async () => undefined);
    await release();
    await assert.rejects(fs.access(place));
  });
}

test("waiting ends when it is told to", async (t) => {
  const place = await placeOf(t);
  const release = await takeLock(place, never);
  const stop = new AbortController();
  await assert.rejects(
    takeLock(place, stop.signal, async () => stop.abort()),
    { name: "AbortError" },
  );
  await release();
});
