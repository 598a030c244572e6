/** What the panel says of one decision of the server (`fim.showWhy`, docs/protocol.md). Pure. */

export interface Decision {
  time: string;
  line: number;
  column: number;
  trigger: string;
  answer: "suggestion" | "nothing";
  reason: string;
  source: string | null;
  model: string;
  characters: number;
  ms: number;
  way: { step: string; ms: number }[];
  filters: string[];
  droppedBy: string | null;
  pieces?: Piece[];
}

/** A piece of another file that was sent with a request; lines from zero. */
export interface Piece {
  path: string;
  line: number;
  lines: number;
  characters: number;
  source: string;
  words: string[];
  /** What was sent, of the last few decisions. */
  text?: string;
}

export interface Station {
  name: string;
  /** Missed: the request ended before, or needed nothing of it. */
  state: "missed" | "passed" | "answered" | "stopped";
  /** Ms after the request came. */
  at?: number;
}

export interface Card {
  isOffered: boolean;
  headline: string;
  detail: string;
  ms: string;
  stations: Station[];
  pieces: { heading: string; text: string }[];
}

const USUAL = ["cache", "stream", "debounce", "provider"];

/** Return the card of a decision: what came of it, in words, and the stations on its way. */
export function describe(decision: Decision): Card {
  const isOffered = decision.answer === "suggestion";
  return {
    isOffered,
    headline: isOffered ? `Offered: ${decision.reason}` : `Silent: ${decision.reason}`,
    detail: [
      `line ${decision.line + 1}, column ${decision.column + 1}`,
      decision.trigger === "invoked" ? "asked by hand" : "",
      isOffered ? `${decision.characters} characters` : "",
      decision.model,
    ]
      .filter(Boolean)
      .join(" · "),
    ms: milliseconds(decision.ms),
    stations: [...stations(decision), ...filters(decision)],
    pieces: (decision.pieces ?? []).map((piece) => ({ heading: headingOf(piece), text: piece.text ?? "" })),
  };
}

function headingOf({ path, line, lines, source, words }: Piece): string {
  return [`${path}:${line + 1}-${line + lines}`, source, words.length > 0 ? `for ${words.join(", ")}` : ""].filter(Boolean).join(" · ");
}

function stations({ way, source, answer }: Decision): Station[] {
  const reached = new Map(way.map(({ step, ms }) => [step, ms]));
  const others = way.map(({ step }) => step).filter((step) => !USUAL.includes(step));
  return [...USUAL, ...others].map((name) => {
    const at = reached.get(name);
    if (answer === "suggestion" && name === source) return at === undefined ? { name, state: "answered" } : { name, state: "answered", at };
    return at === undefined ? { name, state: "missed" } : { name, state: "passed", at };
  });
}

function filters({ filters, droppedBy }: Decision): Station[] {
  const changed: Station[] = filters.filter((name) => name !== droppedBy).map((name) => ({ name, state: "passed" }));
  return droppedBy === null ? changed : [...changed, { name: droppedBy, state: "stopped" }];
}

/** Return a time to read: tenths only where they say something. */
export function milliseconds(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}
