/** The messages about a notebook: applied one after the other, they give the notebook. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { SyncedNotebook, type Cell } from "../../../../editors/jupyterlab/src/cells";
import { editBetween, positionAt, unitsOf } from "../../../../editors/jupyterlab/src/edits";

const URI = "file:///notes/a.ipynb";
const TEXTS = ["", "x", "x = 1\n", "def f(a):\n    return a", "é = '🙂'\nz", "a\nb\nc\nd", "\n\nx"];

/** A server that does what LSP says, and complains about what it does not allow. */
class Server {
  order: { kind: number; document: string }[] = [];
  texts = new Map<string, { languageId: string; text: string }>();

  notify(method: string, params: any): void {
    const { cells, ...open } = { cells: params.change?.cells, ...params };
    if (method === "notebookDocument/didOpen") {
      this.order = [...open.notebookDocument.cells];
      open.cellTextDocuments.forEach((item: any) => this.texts.set(item.uri, item));
      return;
    }
    assert.equal(method, "notebookDocument/didChange");
    if (cells.structure) {
      const { array, didOpen, didClose } = cells.structure;
      assert.ok(array.start + array.deleteCount <= this.order.length);
      this.order.splice(array.start, array.deleteCount, ...array.cells);
      didClose.forEach(({ uri }: any) => assert.ok(this.texts.delete(uri)));
      didOpen.forEach((item: any) => this.texts.set(item.uri, { ...item }));
    }
    for (const { document, changes } of cells.textContent) {
      const known = this.texts.get(document.uri)!;
      for (const { range, text } of changes) {
        const [start, end] = [range.start, range.end].map((place) => offsetOf(known.text, place)) as [number, number];
        known.text = known.text.slice(0, start) + text + known.text.slice(end);
      }
    }
  }

  cells(): Cell[] {
    return this.order.map(({ kind, document }) => {
      const { languageId, text } = this.texts.get(document)!;
      return { uri: document, language: languageId, isMarkup: kind === 1, text };
    });
  }
}

function offsetOf(text: string, { line, character }: { line: number; character: number }): number {
  const before = text.split("\n").slice(0, line);
  return before.reduce((sum, each) => sum + each.length + 1, 0) + character;
}

/** Pseudo-random numbers below a bound, always the same ones (mulberry32). */
function numbers(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

test("the server has what the notebook has, after any changes", () => {
  for (let seed = 0; seed < 300; seed += 1) {
    const below = numbers(seed);
    let n = 0;
    const fresh = (): Cell => ({ uri: `jupyter-cell:/notes/a.ipynb#${n++}`, language: "python", isMarkup: false, text: TEXTS[below(TEXTS.length)]! });
    let cells = Array.from({ length: below(5) }, fresh);
    const server = new Server();
    const synced = new SyncedNotebook(server, URI, cells);
    for (let step = 0; step < 12; step += 1) {
      cells = cells.map((cell) => ({ ...cell }));
      for (let change = 0; change <= below(3); change += 1) {
        const at = below(cells.length + 1);
        const cell = cells[at];
        const kind = below(5);
        if (kind === 0 || !cell) cells.splice(at, 0, fresh());
        else if (kind === 1) cells.splice(at, 1);
        else if (kind === 2) cells.splice(below(cells.length), 0, cells.splice(at, 1)[0]!);
        else if (kind === 3) cells[at] = { ...cell, isMarkup: !cell.isMarkup, language: cell.isMarkup ? "python" : "markdown" };
        else cells[at] = { ...cell, text: TEXTS[below(TEXTS.length)]! };
      }
      synced.update(cells);
      assert.deepEqual(server.cells(), cells, `seed ${seed}, step ${step}`);
    }
  }
});

test("nothing is sent where nothing has changed", () => {
  const server = new Server();
  const cells = [{ uri: "u:1", language: "python", isMarkup: false, text: "x" }];
  const synced = new SyncedNotebook(server, URI, cells);
  server.notify = () => assert.fail("a message was sent");
  synced.update(cells.map((cell) => ({ ...cell })));
});

test("an edit is the smallest one", () => {
  assert.deepEqual(editBetween("total = rev", "total = reve"), { range: { start: { line: 0, character: 11 }, end: { line: 0, character: 11 } }, text: "e" });
  assert.deepEqual(editBetween("a\nb\nc", "a\nc"), { range: { start: { line: 1, character: 0 }, end: { line: 2, character: 0 } }, text: "" });
  assert.equal(editBetween("a", "a"), undefined);
});

test("places are counted in UTF-16 units, as JupyterLab counts code points", () => {
  assert.equal(unitsOf("🙂x", 1), 2);
  assert.deepEqual(positionAt("a\n🙂x", 4), { line: 1, character: 2 });
  assert.deepEqual(positionAt("", 0), { line: 0, character: 0 });
  assert.deepEqual(positionAt("\n", 0), { line: 0, character: 0 });
  assert.deepEqual(positionAt("\n", 1), { line: 1, character: 0 });
});
