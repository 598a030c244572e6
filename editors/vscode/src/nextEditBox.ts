/**
 * The place of new lines that an edit brings: a box right of the text, one row of it behind each line, since an
 * extension cannot draw between lines. Pure.
 */

import type { LineChange, Text } from "../../next-edit/change";

/** One row of the box: `text` stands behind a line, after a gap of so many columns. */
export interface Row {
  readonly line: number;
  readonly gap: number;
  readonly text: string;
}

/** More would cover the screen; the hover has all of them. */
const MOST_ROWS = 16;

/** Columns between the longest line and the box. */
const GAP = 4;

/** Return the rows for the new lines, beside the lines that they replace, or the one that they come before. */
export function layBox(change: LineChange, text: Text, tabSize: number): Row[] {
  const room = Math.min(MOST_ROWS, text.lineCount);
  const shown = shorten(withoutIndentation(change.lines.map((line) => expandTabs(line, tabSize))), room);
  const first = Math.max(0, Math.min(change.first, text.lineCount - shown.length));
  const widths = shown.map((_, n) => columns(expandTabs(text.line(first + n), tabSize)));
  const left = Math.max(...widths) + GAP;
  const width = Math.max(...shown.map(columns));
  return shown.map((line, n) => ({
    line: first + n,
    gap: left - (widths[n] ?? 0),
    text: ` ${line}${" ".repeat(width - columns(line))} `,
  }));
}

function shorten(lines: readonly string[], room: number): readonly string[] {
  const left = lines.length - room + 1;
  return lines.length <= room ? lines : [...lines.slice(0, room - 1), `… ${left} more ${left === 1 ? "line" : "lines"}`];
}

/** Return the lines without the blanks that all of them begin with; blank lines have no say in it. */
function withoutIndentation(lines: readonly string[]): string[] {
  const indents = lines.filter((line) => line.trim()).map((line) => line.length - line.trimStart().length);
  const common = Math.min(...indents, Number.MAX_SAFE_INTEGER);
  return lines.map((line) => line.slice(Math.min(common, line.length)).trimEnd());
}

/** Return a line with blanks in place of its tabs. */
export function expandTabs(line: string, tabSize: number): string {
  let expanded = "";
  for (const piece of line.split(/(\t)/)) {
    expanded += piece === "\t" ? " ".repeat(tabSize - (columns(expanded) % tabSize)) : piece;
  }
  return expanded;
}

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Return how many columns a text takes, as a fixed-width font draws it: nearly, since fonts differ. */
export function columns(text: string): number {
  let sum = 0;
  for (const character of text) {
    sum += WIDE.test(character) ? 2 : /\p{M}/u.test(character) ? 0 : 1;
  }
  return sum;
}
