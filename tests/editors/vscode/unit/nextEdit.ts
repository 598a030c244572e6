/** Next edits for tests: a document of some lines, an edit in it, and the notification that offers it. */

import { describeChange, type Change, type Text } from "../../../../editors/next-edit/change";
import type { Edit, Position, Range } from "../../../../editors/next-edit/offer";

export const URI = "file:///a%20b/shop.py";

export function textOf(text: string): Text {
  const lines = text.split("\n");
  return { lineCount: lines.length, line: (number) => lines[number] ?? "" };
}

export function range(startLine: number, start: number, endLine: number, end: number): Range {
  return { start: { line: startLine, character: start }, end: { line: endLine, character: end } };
}

export function editOf(where: Range, text: string, more: Partial<Edit> = {}): Edit {
  return { document: { uri: URI, version: 3 }, range: where, text, id: "one", source: "rename", others: 0, ...more };
}

/** The notification that offers edits to someone who works in `uri`. */
export function offerOf(edits: readonly Edit[], uri = URI, version = 3) {
  return {
    textDocument: { uri, version },
    edits: edits.map(({ document, range, text, id, source, others }) => ({
      text,
      range,
      textDocument: document,
      command: { title: "Accept", command: "fim.acceptNextEdit", arguments: [id] },
      source,
      others,
    })),
  };
}

/** Return a text with an edit made, by offsets: what any drawing of it must lead to. */
export function applied(text: string, edit: Edit): string {
  return text.slice(0, offsetOf(text, edit.range.start)) + edit.text + text.slice(offsetOf(text, edit.range.end));
}

/** Return what a reader makes of a drawing: the text with the red away, and the new in its place. */
export function readDrawing(text: string, change: Change): string {
  if (change.kind === "characters") {
    return applied(text, editOf(change.range, change.text));
  }
  const lines = text.split("\n");
  lines.splice(change.first, change.removed, ...change.lines);
  return lines.join("\n");
}

export function drawingOf(text: string, edit: Edit): Change | undefined {
  return describeChange(edit, textOf(text));
}

function offsetOf(text: string, { line, character }: Position): number {
  const before = text.split("\n").slice(0, line);
  return before.reduce((sum, one) => sum + one.length + 1, 0) + character;
}
