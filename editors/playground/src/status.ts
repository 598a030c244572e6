/** The server's `$/fim/status` in words. Pure. */

export interface Status {
  kind: string;
  message: string;
  provider: string;
  model: string;
  seconds: number | null;
}

/** Return what the page's corner says: what the server does, with which model, and for how long. */
export function sentence({ kind, message, provider, model, seconds }: Status): string {
  const state = kind === "offline" ? "ready, offline" : kind;
  const name = [provider, model].filter((word, at, all) => word && all.indexOf(word) === at).join(" · ");
  const left = seconds === null ? "" : ` for ${Math.ceil(seconds)} s`;
  return [`${state}${left}`, name, message].filter(Boolean).join(" — ");
}
