/** Where an edit lies, seen from the cursor, and what is said of it there. Pure. */

import type { Edit, Position } from "./offer";

/** The cursor of the editor that the user is in. */
export interface Cursor {
  readonly uri: string;
  readonly position: Position;
  /** The text of its line before it. */
  readonly before: string;
  /** Is a line of its document on the screen? */
  isVisible(line: number): boolean;
}

/** Must the cursor jump before the edit may be taken: is it further than a line off, out of view, or in another file? */
export function isAway(edit: Edit, cursor: Cursor): boolean {
  const { start, end } = edit.range;
  const { line } = cursor.position;
  if (edit.document.uri !== cursor.uri || line < start.line - 1 || line > end.line + 1) {
    return true;
  }
  // Once the cursor is on it, it is never away, so that a jump is always followed by something to take.
  return line !== start.line && !cursor.isVisible(start.line);
}

/** Does Tab mean the edit? Where nothing but blanks stand before the cursor it indents, unless the edit is just there. */
export function takesTab(edit: Edit, cursor: Cursor): boolean {
  const { start, end } = edit.range;
  const { line } = cursor.position;
  const isThere = edit.document.uri === cursor.uri && line >= start.line && line <= end.line;
  return isThere || cursor.before.trim() !== "";
}

/** Return what stands behind the cursor's line while the edit is away. */
export function hintOf(edit: Edit, cursor: Cursor): string {
  return `${takesTab(edit, cursor) ? "Tab: next edit, " : "Next edit: "}${placeOf(edit, cursor.uri)}`;
}

/** Return `line 42`, or `billing.py, line 42` where it is not the file that the user is in. */
export function placeOf(edit: Edit, uri: string): string {
  const line = `line ${edit.range.start.line + 1}`;
  return edit.document.uri === uri ? line : `${fileName(edit.document.uri)}, ${line}`;
}

/** Return what a tooltip says: where it is, what found it, and what the keys do. */
export function describeOffer(edit: Edit, uri: string): string {
  const found = edit.source && ` (${edit.source})`;
  const more = edit.others > 0 ? ` ${edit.others} more ${edit.others === 1 ? "place follows" : "places follow"}.` : "";
  return `Next edit${found}: ${placeOf(edit, uri)}. Tab goes there, then takes it; Escape dismisses it.${more}`;
}

function fileName(uri: string): string {
  const name = uri.replace(/[?#].*$/, "").split("/").at(-1) ?? "";
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
