/** The one edit that makes a text of another one, in LSP's positions (UTF-16 units). */

export interface Position {
  line: number;
  character: number;
}

export interface Edit {
  range: { start: Position; end: Position };
  text: string;
}

/** Return the smallest edit that turns `before` into `after`; nothing where they are equal. Line ends are "\n". */
export function editBetween(before: string, after: string): Edit | undefined {
  if (before === after) {
    return undefined;
  }
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) {
    start += 1;
  }
  let tail = 0;
  while (tail < most - start && before[before.length - 1 - tail] === after[after.length - 1 - tail]) {
    tail += 1;
  }
  const range = { start: positionAt(before, start), end: positionAt(before, before.length - tail) };
  return { range, text: after.slice(start, after.length - tail) };
}

/** Return the place of an offset in UTF-16 units. */
export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length - 1, character: offset - lineStart };
}

/** Return an offset of code points, as JupyterLab counts, in UTF-16 units. */
export function unitsOf(text: string, codePoints: number): number {
  let units = 0;
  for (const character of text) {
    if (codePoints <= 0) {
      break;
    }
    units += character.length;
    codePoints -= 1;
  }
  return units;
}
