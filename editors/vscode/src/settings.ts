/**
 * What the extension itself reads of the section `fim`, and what it keeps from the server. What the other settings
 * mean, and whether they are right, is the server's business.
 */

import type { ServerSettings } from "./server";

/** The keys of the section that are the extension's own; the server would call them unknown. */
const OWN = ["server", "trace"];

/** A setting, or a section of them, as VS Code knows it: where each value comes from. */
export interface Inspected {
  readonly globalValue?: unknown;
  readonly workspaceValue?: unknown;
  readonly workspaceFolderValue?: unknown;
}

/**
 * Return what the server asks for: the section `fim` with the user's own settings, and `fimWorkspace` with a list of
 * those that the workspace and its folders say. They may only narrow the user's, so they must not be mixed with them:
 * VS Code's merged value would let any folder say to whom code is sent. `inspectIn` looks the section up in a folder,
 * or in the window.
 */
export function separated<Folder>(folders: readonly Folder[], inspectIn: (folder: Folder | undefined) => Inspected | undefined) {
  const window = inspectIn(undefined);
  const layers = [window?.workspaceValue, ...folders.map((folder) => inspectIn(folder)?.workspaceFolderValue)];
  return {
    fim: withoutOwn(window?.globalValue ?? {}),
    fimWorkspace: layers.map(withoutOwn).filter((layer) => isRecord(layer) && Object.keys(layer).length > 0),
  };
}

/** Return the section as the server is to see it. */
export function withoutOwn(section: unknown): unknown {
  if (section === null || typeof section !== "object" || Array.isArray(section)) {
    return section;
  }
  return Object.fromEntries(Object.entries(section).filter(([key]) => !OWN.includes(key.split(".")[0] ?? "")));
}

/** Return `fim.server.*`; a value of a wrong type counts as unset, since people edit settings by hand. */
export function readServerSettings(get: (key: string) => unknown): ServerSettings {
  const command = get("server.command");
  const interpreter = get("server.interpreter");
  return {
    command: Array.isArray(command) ? command.map(String) : [],
    interpreter: typeof interpreter === "string" ? interpreter.trim() : "",
    preferBundled: get("server.preferBundled") === true,
  };
}

/** Return `fim.trigger.languages` with one language switched, and whether it is on then. */
export function switchLanguage(languages: unknown, language: string): { languages: Record<string, boolean>; on: boolean } {
  const known = isRecord(languages) ? languages : {};
  const on = !isOn(known, language);
  const rest = Object.fromEntries(Object.entries(known).filter(([key]) => key !== language)) as Record<string, boolean>;
  // An entry that says what would hold anyway is left out: settings stay as short as they were.
  return { languages: isOn(rest, language) === on ? rest : { ...rest, [language]: on }, on };
}

/** Is a language completed, by `fim.trigger.languages`? */
export function isOn(languages: unknown, language: string): boolean {
  const known = isRecord(languages) ? languages : {};
  return (known[language] ?? known["*"] ?? true) !== false;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
