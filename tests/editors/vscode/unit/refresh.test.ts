/** `$/fim/refresh` makes VS Code ask again, where the user still is where the server was asked. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Place, readRefresh, Refreshes } from "../../../../editors/vscode/src/refresh";

const HERE: Place = { uri: "file:///a%20b/%C3%A9.py", version: 3, line: 1, character: 4 };

/** Refreshes with the cursor at `place`, and how often it asked again; `asking` happens when VS Code asks. */
function refreshesAt(place: Place | undefined, asking: () => void = () => undefined) {
  const asked = { times: 0 };
  const askAgain = async (): Promise<void> => {
    asked.times += 1;
    asking();
  };
  return { asked, refreshes: new Refreshes({ place: () => place, askAgain }) };
}

test("where the user still is, VS Code asks again, and the request counts as one of typing, once", async () => {
  const takes: boolean[] = [];
  const { asked, refreshes } = refreshesAt(HERE, () => takes.push(refreshes.takes({ ...HERE }), refreshes.takes({ ...HERE })));
  await refreshes.receive({ ...HERE });
  assert.equal(asked.times, 1);
  assert.deepEqual(takes, [true, false]);
});

for (const [what, elsewhere] of Object.entries({
  "another document": { uri: "file:///b.py" },
  "another version": { version: 4 },
  "another line": { line: 2 },
  "another column": { character: 5 },
})) {
  test(`with the cursor in ${what} nothing is asked`, async () => {
    const { asked, refreshes } = refreshesAt({ ...HERE, ...elsewhere });
    await refreshes.receive(HERE);
    assert.equal(asked.times, 0);
  });

  test(`a request in ${what} is not ours`, async () => {
    const takes: boolean[] = [];
    const { refreshes } = refreshesAt(HERE, () => takes.push(refreshes.takes({ ...HERE, ...elsewhere })));
    await refreshes.receive(HERE);
    assert.deepEqual(takes, [false]);
  });
}

test("what the user took away does not come back by itself, until the next key or the user's own wish", async () => {
  let place = HERE;
  const asked: Place[] = [];
  const refreshes = new Refreshes({ place: () => place, askAgain: async () => void asked.push(place) });
  refreshes.noteDismissal();
  await refreshes.receive({ ...HERE });
  assert.deepEqual(asked, []);
  refreshes.noteAskedByHand();
  await refreshes.receive({ ...HERE });
  assert.deepEqual(asked, [HERE]);
  refreshes.noteDismissal();
  place = { ...HERE, version: 4, character: 5 };
  await refreshes.receive({ ...place });
  assert.deepEqual(asked, [HERE, place]);
});

test("without an editor, or with a selection, nothing is asked", async () => {
  const { asked, refreshes } = refreshesAt(undefined);
  await refreshes.receive(HERE);
  assert.equal(asked.times, 0);
});

test("where VS Code asked nothing, a later request by hand stays one", async () => {
  const { refreshes } = refreshesAt(HERE);
  await refreshes.receive(HERE);
  assert.equal(refreshes.takes(HERE), false);
});

test("a notification is read as far as it is one", () => {
  assert.deepEqual(readRefresh({ ...HERE, more: 1 }), HERE);
  for (const params of [undefined, null, "a", {}, { ...HERE, uri: 1 }, { ...HERE, version: null }, { ...HERE, line: "1" }, { ...HERE, character: 1.5 }]) {
    assert.equal(readRefresh(params), undefined, JSON.stringify(params));
  }
});
