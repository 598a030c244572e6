import assert from "node:assert/strict";
import { test } from "node:test";
import { oneAtATime } from "../../../../editors/playground/src/turns";

/** Work that ends when it is told to, and the number of its beginnings. */
function work() {
  const ends: ((error?: Error) => void)[] = [];
  const ask = oneAtATime(() => new Promise((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve()))));
  return { ask, begun: () => ends.length, end: (error?: Error) => ends.at(-1)?.(error) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("work begins at once, and calls during a turn make one more turn", async () => {
  const { ask, begun, end } = work();
  ask();
  assert.equal(begun(), 1);
  ask();
  ask();
  assert.equal(begun(), 1);
  end();
  await settled();
  assert.equal(begun(), 2);
  end();
  await settled();
  assert.equal(begun(), 2);
});

test("a failure ends its turn only", async () => {
  const { ask, begun, end } = work();
  ask();
  end(new Error("gone"));
  await settled();
  ask();
  assert.equal(begun(), 2);
});
