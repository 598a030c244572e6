/**
 * What the status bar says of a state. Pure; `statusBar.ts` draws it.
 * The states are the server's (`$/fim/status`, docs/protocol.md), and three of the extension's own, while there is
 * no server to speak.
 */

/** What is shown when, in the order of the protocol; the last three are the extension's own. */
export const KINDS = [
  "starting",
  "ready",
  "thinking",
  "paused",
  "offline",
  "error",
  "snoozed",
  "disabled",
  "installing",
  "stopped",
  "restarting",
] as const;

export type Kind = (typeof KINDS)[number];

export interface Status {
  readonly kind: Kind;
  /** One sentence for a human; maybe empty. For an error, it says what to mend. */
  readonly message: string;
  readonly provider: string;
  readonly model: string;
  /** For how many more seconds a pause or a snooze lasts; null where nobody knows, or nothing lasts. */
  readonly seconds: number | null;
}

/** A next edit that is offered: its place in short, and a sentence about it. */
export interface Offered {
  readonly place: string;
  readonly description: string;
}

/** What is drawn: a text with codicons, a tooltip, and how alarming it is. */
export interface Drawn {
  readonly text: string;
  readonly tooltip: string;
  readonly severity: "none" | "warning" | "error";
}

const ICONS: Record<Kind, string> = {
  starting: "$(loading~spin)",
  ready: "$(sparkle)",
  thinking: "$(sync~spin)",
  paused: "$(debug-pause)",
  offline: "$(device-desktop)",
  error: "$(error)",
  snoozed: "$(bell-slash)",
  disabled: "$(circle-slash)",
  installing: "$(loading~spin)",
  stopped: "$(error)",
  restarting: "$(loading~spin)",
};

const MEANINGS: Record<Kind, string> = {
  starting: "The server is starting.",
  ready: "Ready.",
  thinking: "Waiting for the model.",
  paused: "Paused.",
  offline: "Completed by the model of your workspace, on this machine.",
  error: "Something has to be mended.",
  snoozed: "Snoozed.",
  disabled: "Switched off.",
  installing: "The server is being installed.",
  stopped: "The server is not running.",
  restarting: "The server stopped and is being started again.",
};

/** Read a `$/fim/status` notification; undefined where it is none that this extension knows. */
export function readStatus(params: unknown): Status | undefined {
  if (params === null || typeof params !== "object") {
    return undefined;
  }
  const raw = params as Record<string, unknown>;
  const kind = KINDS.find((known) => known === raw.kind);
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  return (
    kind && {
      kind,
      message: text(raw.message),
      provider: text(raw.provider),
      model: text(raw.model),
      seconds: typeof raw.seconds === "number" && Number.isFinite(raw.seconds) ? Math.max(0, raw.seconds) : null,
    }
  );
}

/** Return a status of the extension's own. */
export function ownStatus(kind: Kind, message = ""): Status {
  return { kind, message, provider: "", model: "", seconds: null };
}

/** Return what is drawn for a status, `elapsed` seconds after it was told, while a next edit is offered or none is. */
export function draw(status: Status, elapsed = 0, offered?: Offered): Drawn {
  const left = status.seconds === null ? null : Math.max(0, status.seconds - elapsed);
  const who = [status.provider, status.model].filter(Boolean).join(" · ");
  const lasts = left === null ? "" : ` ${duration(left)}`;
  const label = status.kind === "offline" ? "FIM offline" : `FIM${lasts}`;
  const severity = status.kind === "error" || status.kind === "stopped" ? "error" : status.kind === "paused" ? "warning" : "none";
  const goal = offered ? ` → ${offered.place}` : "";
  const lines = [offered?.description, status.message || MEANINGS[status.kind], who, "Click for the menu."];
  return { text: `${ICONS[status.kind]} ${label}${goal}`, tooltip: lines.filter(Boolean).join("\n\n"), severity };
}

/** Does what is drawn change with time alone? */
export function counts(status: Status): boolean {
  return status.seconds !== null && status.seconds > 0;
}

/** Return seconds as people say them: `12 s`, `4 min`. */
export function duration(seconds: number): string {
  return seconds < 60 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}
