/** Next edits from the offer to the key: when one is drawn, when it goes, and what the server is told. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Drawn, NextEdits } from "../../../../editors/next-edit/nextEdits";
import type { Edit } from "../../../../editors/next-edit/offer";
import { editOf, offerOf, range, textOf, URI } from "./nextEdit";

const OTHER = "file:///a%20b/cart.py";
const TEXT = "total = 1\n\n\nprint(total)\nprint(total)\n";
const NEAR = editOf(range(0, 0, 0, 5), "amount", { id: "near" });
const FAR = editOf(range(4, 6, 4, 11), "amount", { id: "far" });
const ELSEWHERE = editOf(range(0, 0, 0, 5), "amount", { id: "elsewhere", document: { uri: OTHER, version: 1 } });

/** Return the name of what is drawn. */
function drawnIn(screen: FakeScreen): string | undefined {
  return screen.drawn?.edit.id;
}

/** An editor with two open documents and the cursor in one of them; what it was told is in `log`. */
class FakeScreen {
  versions = new Map([[URI, 3], [OTHER, 1]]);
  uri = URI;
  line = 0;
  character = 3;
  before = "tot";
  cursors = 1;
  isWritable = true;
  log: string[] = [];
  drawn: Drawn | undefined;
  timers: [number, () => void][] = [];

  cursor() {
    const position = { line: this.line, character: this.character };
    return this.cursors === 1 ? { uri: this.uri, position, before: this.before, isVisible: () => true } : undefined;
  }

  versionOf(uri: string) {
    return this.versions.get(uri);
  }

  textOf() {
    return textOf(TEXT);
  }

  draw(drawn: Drawn | undefined) {
    this.drawn = drawn;
    this.log.push(drawn ? `draw ${drawn.edit.id}` : "clear");
  }

  hold() {
    this.log.push("hold");
  }

  later(ms: number, act: () => void) {
    this.timers.push([ms, act]);
  }

  /** Let the timers ring that are set for so many ms. */
  ring(ms: number) {
    const due = this.timers.filter(([after]) => after === ms);
    this.timers = this.timers.filter(([after]) => after !== ms);
    due.forEach(([, act]) => act());
  }

  async jump(edit: Edit) {
    this.log.push(`jump ${edit.id}`);
    this.uri = edit.document.uri;
    this.line = edit.range.start.line;
  }

  async apply(edit: Edit) {
    if (this.isWritable) {
      this.log.push(`apply ${edit.id}`);
      this.versions.set(edit.document.uri, this.versions.get(edit.document.uri)! + 1);
    }
    return this.isWritable;
  }
}

function begin() {
  const screen = new FakeScreen();
  const said = (what: string) => (id: string) => void screen.log.push(`${what} ${id}`);
  const edits = new NextEdits(screen, { shown: said("shown"), accepted: said("accepted"), dismissed: said("dismissed"), moved: ({ version }, { line, character }) => void screen.log.push(`moved ${version} ${line}:${character}`) });
  return { screen, edits };
}

test("an edit at the cursor is drawn, taken with one key, and the server told of both", async () => {
  const { screen, edits } = begin();
  assert.equal(edits.receive(offerOf([NEAR])), true);
  assert.equal(screen.drawn?.hint, undefined);
  await edits.take();
  assert.deepEqual(screen.log, ["draw near", "shown near", "clear", "apply near", "accepted near"]);
});

test("an edit that is away takes two keys: the first one jumps", async () => {
  const { screen, edits } = begin();
  edits.receive(offerOf([FAR]));
  assert.deepEqual(screen.drawn?.hint, { uri: URI, line: 0, text: "Tab: next edit, line 5" });
  await edits.take();
  assert.equal(screen.drawn?.hint, undefined);
  await edits.take();
  assert.deepEqual(screen.log, ["draw far", "shown far", "jump far", "draw far", "clear", "apply far", "accepted far"]);
});

test("an edit in another file is offered where the user works, opened by the first key, made by the second", async () => {
  const { screen, edits } = begin();
  edits.receive(offerOf([ELSEWHERE]));
  assert.equal(screen.drawn?.hint?.text, "Tab: next edit, cart.py, line 1");
  await edits.take();
  assert.equal(drawnIn(screen), "elsewhere");
  await edits.take();
  assert.deepEqual(screen.log.slice(-3), ["clear", "apply elsewhere", "accepted elsewhere"]);
});

for (const [what, change] of Object.entries<(screen: FakeScreen) => void>({
  "its document was closed": (screen) => screen.versions.delete(URI),
  "another document is active": (screen) => (screen.uri = OTHER),
  "there are two cursors": (screen) => (screen.cursors = 2),
})) {
  test(`nothing is drawn, and no key takes anything, once ${what}`, async () => {
    const { screen, edits } = begin();
    edits.receive(offerOf([NEAR]));
    change(screen);
    edits.refresh();
    await edits.take();
    edits.dismiss();
    assert.deepEqual(screen.log, ["draw near", "shown near", "clear"]);
  });
}

/** What the server says after a key, of the version that came of it. */
function again(edit: Edit, version = 4) {
  return offerOf([{ ...edit, document: { ...edit.document, version } }], edit.document.uri, version);
}

test("after a key elsewhere it stays drawn, without a key for it, until the server has said that it still holds", async () => {
  const { screen, edits } = begin();
  const shown = () => edits.shown?.id;
  edits.receive(offerOf([NEAR]));
  screen.versions.set(URI, 4);
  edits.refresh();
  edits.refresh();
  assert.equal(shown(), undefined);
  assert.equal(await edits.take(), false, "Tab is a Tab meanwhile");
  edits.dismiss();
  edits.receive(offerOf([NEAR]));
  edits.receive(again(NEAR));
  screen.ring(300);
  assert.deepEqual(screen.log, ["draw near", "shown near", "hold", "draw near"]);
  assert.equal(shown(), "near");
});

test("it goes when the server says so, or says nothing for too long", () => {
  for (const end of [(edits: NextEdits) => void edits.receive(offerOf([], URI, 4)), (_: NextEdits, screen: FakeScreen) => screen.ring(300)]) {
    const { screen, edits } = begin();
    edits.receive(offerOf([NEAR]));
    screen.versions.set(URI, 4);
    edits.refresh();
    end(edits, screen);
    assert.deepEqual(screen.log, ["draw near", "shown near", "hold", "clear"]);
  }
});

test("the timer of an older key does not take away what is drawn after a newer one", () => {
  const { screen, edits } = begin();
  edits.receive(offerOf([NEAR]));
  screen.versions.set(URI, 4);
  edits.refresh();
  edits.receive(again(NEAR));
  screen.versions.set(URI, 5);
  edits.refresh();
  const [[, first]] = screen.timers as [[number, () => void]];
  first();
  assert.equal(drawnIn(screen), "near");
  screen.ring(300);
  assert.equal(drawnIn(screen), undefined);
});

test("an edit in another file goes when that file is edited", () => {
  const { screen, edits } = begin();
  edits.receive(offerOf([ELSEWHERE]));
  screen.versions.set(OTHER, 2);
  edits.refresh();
  assert.equal(edits.shown, undefined);
  screen.ring(300);
  assert.equal(drawnIn(screen), undefined);
});

test("an edit that the server offers in another file is shown where the user is when it comes, and nowhere else", () => {
  const { screen, edits } = begin();
  edits.receive(offerOf([ELSEWHERE], OTHER, 1));
  assert.equal(screen.drawn?.hint?.text, "Tab: next edit, cart.py, line 1");
  screen.uri = "file:///a%20b/third.py";
  edits.refresh();
  assert.equal(drawnIn(screen), undefined);
});

test("an edit in the file that the user is in goes before one in another", () => {
  const { screen, edits } = begin();
  edits.receive(offerOf([FAR]));
  edits.receive(offerOf([ELSEWHERE], OTHER, 1));
  assert.equal(drawnIn(screen), "far");
});

test("it is drawn again where the user comes back to, and the server is not told again", () => {
  const { screen, edits } = begin();
  edits.receive(offerOf([NEAR]));
  screen.uri = OTHER;
  edits.refresh();
  screen.uri = URI;
  edits.refresh();
  assert.deepEqual(screen.log, ["draw near", "shown near", "clear", "draw near"]);
});

test("an offer for another version of its document is none; one that comes too late takes nothing back", () => {
  const { screen, edits } = begin();
  edits.receive(offerOf([NEAR]));
  assert.equal(edits.receive(offerOf([FAR], URI, 2)), false);
  assert.equal(drawnIn(screen), "near");
  assert.equal(edits.receive(offerOf([FAR], URI, 4)), false);
  assert.equal(drawnIn(screen), undefined);
  assert.equal(edits.receive(offerOf([editOf(range(0, 0, 0, 5), "x", { document: { uri: OTHER, version: 9 } })])), false);
});

test("an empty offer takes back what was drawn, and says nothing to the server", () => {
  const { screen, edits } = begin();
  edits.receive(offerOf([NEAR]));
  edits.receive(offerOf([]));
  assert.deepEqual(screen.log, ["draw near", "shown near", "clear"]);
});

test("the same edit, offered again under another name, is not drawn again, and is taken by its new name", async () => {
  const { screen, edits } = begin();
  edits.receive(offerOf([NEAR]));
  edits.receive(offerOf([{ ...NEAR, id: "again" }]));
  edits.refresh();
  edits.refresh();
  await edits.take();
  assert.deepEqual(screen.log, ["draw near", "shown near", "shown again", "clear", "apply again", "accepted again"]);
});

test("editors that were opened meanwhile are drawn in, too", () => {
  const { screen, edits } = begin();
  edits.receive(offerOf([NEAR]));
  edits.redraw();
  assert.deepEqual(screen.log, ["draw near", "shown near", "draw near"]);
});

test("a dismissed edit goes, and the server is told", () => {
  const { screen, edits } = begin();
  edits.receive(offerOf([FAR]));
  edits.dismiss();
  edits.refresh();
  assert.deepEqual(screen.log, ["draw far", "shown far", "dismissed far", "clear"]);
});

test("ghost text at the cursor goes first: the edit waits until it is away, or the cursor is", () => {
  const { screen, edits } = begin();
  edits.noteGhostText({ uri: URI, version: 3 }, { line: 0, character: 3 }, true);
  edits.receive(offerOf([NEAR]));
  assert.equal(drawnIn(screen), undefined);
  edits.noteNoGhostText();
  assert.equal(drawnIn(screen), "near");
  edits.noteGhostText({ uri: URI, version: 3 }, { line: 0, character: 3 }, true);
  assert.equal(drawnIn(screen), undefined);
  screen.character = 4;
  edits.refresh();
  assert.equal(drawnIn(screen), "near");
});

test("while ghost text is typed through, the edit does not come and go with each key", () => {
  const { screen, edits } = begin();
  edits.noteGhostText({ uri: URI, version: 3 }, { line: 0, character: 3 }, true);
  for (const version of [4, 5]) {
    screen.versions.set(URI, version);
    screen.character = version;
    edits.receive(again(NEAR, version));
    edits.noteGhostText({ uri: URI, version }, { line: 0, character: version }, true);
  }
  assert.deepEqual(screen.log, []);
  screen.versions.set(URI, 6);
  edits.receive(again(NEAR, 6));
  edits.noteGhostText({ uri: URI, version: 6 }, { line: 0, character: 5 }, false);
  assert.equal(drawnIn(screen), "near");
});

test("ghost text that the editor does not ask for again is forgotten", () => {
  const { screen, edits } = begin();
  edits.noteGhostText({ uri: URI, version: 3 }, { line: 0, character: 3 }, true);
  screen.versions.set(URI, 4);
  edits.receive(again(NEAR));
  assert.equal(drawnIn(screen), undefined);
  screen.ring(1000);
  assert.equal(drawnIn(screen), "near");
});

test("where the edit could not be made, the server is not told that it was, and it is not offered on", async () => {
  const { screen, edits } = begin();
  screen.isWritable = false;
  edits.receive(offerOf([NEAR]));
  await edits.take();
  assert.deepEqual(screen.log, ["draw near", "shown near", "clear"]);
});

test("a key that repeats faster than the edit is made takes it once", async () => {
  const { screen, edits } = begin();
  edits.receive(offerOf([NEAR]));
  assert.deepEqual(await Promise.all([edits.take(), edits.take(), edits.take()]), [true, true, true]);
  assert.deepEqual(screen.log.filter((line) => line.startsWith("apply")), ["apply near"]);
});

test("what the server offers next, while the last edit is made, is drawn", async () => {
  const { screen, edits } = begin();
  edits.receive(offerOf([NEAR]));
  const apply = screen.apply.bind(screen);
  screen.apply = async (edit) => {
    const made = await apply(edit);
    edits.receive(offerOf([editOf(range(4, 6, 4, 11), "amount", { id: "next", document: { uri: URI, version: 4 } })], URI, 4));
    return made;
  };
  await edits.take();
  assert.equal(drawnIn(screen), "next");
});

test("a server that is gone leaves nothing behind", () => {
  const { screen, edits } = begin();
  edits.receive(offerOf([NEAR]));
  edits.forget();
  edits.refresh();
  assert.equal(drawnIn(screen), undefined);
});

test("whatever is no offer is none, and leaves what is drawn", () => {
  const { screen, edits } = begin();
  edits.receive(offerOf([NEAR]));
  for (const params of [undefined, null, 1, "a", [], {}, { textDocument: { uri: URI } }, { textDocument: { uri: URI, version: 3 }, edits: {} }]) {
    assert.equal(edits.receive(params), false, JSON.stringify(params));
  }
  assert.equal(drawnIn(screen), "near");
});

test("an edit that is broken is not drawn", () => {
  const good = offerOf([NEAR]).edits[0]!;
  const broken: object[] = [
    { ...good, text: 1 },
    { ...good, range: undefined },
    { ...good, range: range(0, 5, 0, 3) },
    { ...good, range: range(0, 0, 0, -1) },
    { ...good, range: range(0, 0, 0, 1.5) },
    { ...good, textDocument: { uri: URI, version: null } },
    { ...good, command: undefined },
    { ...good, command: { arguments: [] } },
    { ...good, command: { arguments: [1] } },
  ];
  for (const edit of broken) {
    const { screen, edits } = begin();
    assert.equal(edits.receive({ textDocument: { uri: URI, version: 3 }, edits: [edit] }), false, JSON.stringify(edit));
    assert.equal(drawnIn(screen), undefined);
  }
});
