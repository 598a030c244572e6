/** The part of an edit that a reader has to see: characters within one line, or whole lines. Pure. */

import type { Edit, Position, Range } from "./offer";

/** The text that is edited. */
export interface Text {
  readonly lineCount: number;
  /** Return a line without its line end. */
  line(number: number): string;
}

/** Within a line: `range` is taken away, and `text` comes in its place. */
export interface CharacterChange {
  readonly kind: "characters";
  readonly range: Range;
  readonly text: string;
}

/** Whole lines: the `removed` ones from line `first` on are taken away, and `lines` come in their place. */
export interface LineChange {
  readonly kind: "lines";
  readonly first: number;
  readonly removed: number;
  readonly lines: readonly string[];
}

export type Change = CharacterChange | LineChange;

const LINE_END = /\r\n|\r|\n/;

/** Return what is to be drawn of an edit; undefined where it changes nothing, or lies outside of the text. */
export function describeChange(edit: Edit, text: Text): Change | undefined {
  const { start, end } = edit.range;
  if (!isInside(start, text) || !isInside(end, text)) {
    return undefined;
  }
  const old = Array.from({ length: end.line - start.line + 1 }, (_, n) => text.line(start.line + n));
  const before = text.line(start.line).slice(0, start.character);
  const after = text.line(end.line).slice(end.character);
  const renewed = (before + edit.text + after).split(LINE_END);
  if (old.length === 1 && renewed.length === 1) {
    return old[0] === renewed[0] ? undefined : { kind: "characters", range: edit.range, text: edit.text };
  }
  return lineChange(start.line, old, renewed);
}

function lineChange(first: number, old: readonly string[], renewed: readonly string[]): Change | undefined {
  const shorter = Math.min(old.length, renewed.length);
  let above = 0;
  while (above < shorter && old[above] === renewed[above]) {
    above += 1;
  }
  let below = 0;
  while (below < shorter - above && old[old.length - 1 - below] === renewed[renewed.length - 1 - below]) {
    below += 1;
  }
  const lines = renewed.slice(above, renewed.length - below);
  const removed = old.length - below - above;
  if (removed === 0 && lines.length === 0) {
    return undefined;
  }
  if (removed === 1 && lines.length === 1) {
    return characterChange(first + above, old[above] ?? "", lines[0] ?? "");
  }
  return { kind: "lines", first: first + above, removed, lines };
}

/** Return the change of one line, without the beginning and the end that stay. Words are not cut. */
function characterChange(line: number, old: string, renewed: string): CharacterChange {
  const olds = tokens(old);
  const renews = tokens(renewed);
  const shorter = Math.min(olds.length, renews.length);
  let above = 0;
  while (above < shorter && olds[above] === renews[above]) {
    above += 1;
  }
  let below = 0;
  while (below < shorter - above && olds[olds.length - 1 - below] === renews[renews.length - 1 - below]) {
    below += 1;
  }
  const from = length(olds.slice(0, above));
  const to = old.length - length(olds.slice(olds.length - below));
  return {
    kind: "characters",
    range: { start: { line, character: from }, end: { line, character: to } },
    text: renews.slice(above, renews.length - below).join(""),
  };
}

/** Words, runs of blanks, and other characters by themselves. */
function tokens(line: string): string[] {
  return line.match(/[\p{L}\p{N}\p{M}_]+|\s+|[^]/gu) ?? [];
}

function length(pieces: readonly string[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

function isInside({ line, character }: Position, text: Text): boolean {
  return line < text.lineCount && character <= text.line(line).length;
}
