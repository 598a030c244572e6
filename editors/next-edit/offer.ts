/** Next edits as the server offers them (`fim/nextEdit`, docs/protocol.md), read strictly. Pure. */

/** A place in a text: both from zero, columns in UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly character: number;
}

export interface Range {
  readonly start: Position;
  readonly end: Position;
}

/** A text as it was at one version. */
export interface DocumentVersion {
  readonly uri: string;
  readonly version: number;
}

/** One edit to offer: `text` is to take the place of `range` in `document`. */
export interface Edit {
  readonly document: DocumentVersion;
  readonly range: Range;
  readonly text: string;
  /** The server's name for it, said when it was shown, taken or dismissed. */
  readonly id: string;
  /** The rule or the model that found it; maybe empty. */
  readonly source: string;
  /** The number of further places that would follow. */
  readonly others: number;
}

/** What the server offers to someone who works in `document`; no edit: nothing, from now on. */
export interface Offer {
  readonly document: DocumentVersion;
  readonly edit: Edit | undefined;
}

/** Read a `fim/nextEdit` notification; undefined where it is none. Of several edits the first is offered: one at a time. */
export function readOffer(params: unknown): Offer | undefined {
  const { textDocument, edits } = record(params);
  const document = readDocument(textDocument);
  if (document === undefined || !Array.isArray(edits)) {
    return undefined;
  }
  return { document, edit: edits.length > 0 ? readEdit(edits[0]) : undefined };
}

function readEdit(raw: unknown): Edit | undefined {
  const { textDocument, range, text, command, source, others } = record(raw);
  const document = readDocument(textDocument);
  const { start, end } = record(range);
  const words = record(command).arguments;
  const id = Array.isArray(words) ? words[0] : undefined;
  if (document === undefined || !isPosition(start) || !isPosition(end) || isBefore(end, start) || typeof text !== "string" || typeof id !== "string") {
    return undefined;
  }
  return {
    document,
    range: { start: position(start), end: position(end) },
    text,
    id,
    source: typeof source === "string" ? source : "",
    others: isCount(others) ? others : 0,
  };
}

function readDocument(raw: unknown): DocumentVersion | undefined {
  const { uri, version } = record(raw);
  return typeof uri === "string" && typeof version === "number" && Number.isInteger(version) ? { uri, version } : undefined;
}

/** Is a place before another one? */
export function isBefore(one: Position, other: Position): boolean {
  return one.line < other.line || (one.line === other.line && one.character < other.character);
}

function isPosition(raw: unknown): raw is Position {
  const { line, character } = record(raw);
  return isCount(line) && isCount(character);
}

function position({ line, character }: Position): Position {
  return { line, character };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}

function record(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === "object" ? (value as Record<string, unknown>) : {};
}
