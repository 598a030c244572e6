/**
 * The server's last decisions as a page to read. Pure. What a decision holds is
 * in docs/protocol.md (`fim.showWhy`).
 */

const TITLE = "Why FIM suggested something, or nothing: the last decisions, the newest first.";

/** Return the page for what the server answered; what it does not say is left out. */
export function describeDecisions(answer: unknown): string {
  const decisions = Array.isArray(answer) ? answer.filter(isRecord) : [];
  const blocks = decisions.map(describe);
  const policy = decisions.map((decision) => text(decision.policy)).filter(Boolean).slice(0, 1);
  return [TITLE, ...policy, ...(blocks.length > 0 ? blocks : ["Nothing was asked yet: type something."])].join("\n\n") + "\n";
}

function describe(decision: Record<string, unknown>): string {
  const { source, model, droppedBy } = decision;
  const filters = list(decision.filters).map(String);
  const details = [
    text(source) && `from ${text(source)}`,
    text(model),
    typeof decision.ms === "number" && `${Math.round(decision.ms)} ms`,
    ...list(decision.way).filter(isRecord).map((step) => `${text(step.step)} after ${Math.round(Number(step.ms))} ms`),
    filters.length > 0 && `changed by ${filters.join(", ")}`,
    text(droppedBy) && `dropped by ${text(droppedBy)}`,
  ];
  const head = [text(decision.time).slice(11, 19), place(decision), text(decision.trigger), `${text(decision.answer)}: ${text(decision.reason)}`];
  const pieces = list(decision.pieces).filter(isRecord).map((piece) => `\n    sent with it: ${describePiece(piece)}`);
  return `${head.filter(Boolean).join("  ")}\n    ${details.filter(Boolean).join(", ")}${pieces.join("")}`;
}

/** Return `billing.py:12-27, an open document, for post_invoice (402 characters)`, lines counted from one. */
function describePiece({ path, line, lines, source, words, characters }: Record<string, unknown>): string {
  const first = Number(line) + 1;
  const names = list(words).map(text).filter(Boolean).join(", ");
  const details = [`${text(path)}:${first}-${first + Number(lines) - 1}`, text(source), names && `for ${names}`];
  return `${details.filter(Boolean).join(", ")} (${Number(characters)} characters)`;
}

/** Return `file.py:4:12`, counted from one, as editors do. */
function place({ uri, line, column }: Record<string, unknown>): string {
  const name = text(uri).split("/").at(-1) ?? "";
  const numbers = [line, column].filter((n) => typeof n === "number").map((n) => n + 1);
  return [decoded(name), ...numbers].join(":");
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object";
}
