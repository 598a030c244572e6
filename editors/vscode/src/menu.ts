/** The menu behind the status bar item, and what its entries do. */

import * as vscode from "vscode";
import { areNextEditsOn } from "./nextEditFeature";
import { isOn, switchLanguage } from "./settings";
import type { Status } from "./status";
import { describeDecisions } from "./why";

/** The commands of the server that the menu uses (docs/protocol.md). */
const SNOOZE = "fim.snooze";
const SHOW_WHY = "fim.showWhy";

const MINUTES = [5, 15, 60];

/** Sends a command to the server, and returns its answer; rejects where the server does not know it. */
export type Ask = (command: string, args: unknown[]) => Promise<unknown>;

interface Entry extends vscode.QuickPickItem {
  readonly act?: () => Thenable<unknown>;
}

/** Show the menu, and do what is picked. */
export async function showMenu(status: Status, ask: Ask): Promise<void> {
  const quieter = [...snoozeEntries(status, ask), ...languageEntries(), nextEditEntry()];
  const separator: Entry = { label: "", kind: vscode.QuickPickItemKind.Separator };
  // What mends something goes first where something has to be mended.
  const broken = status.kind === "error" || status.kind === "stopped";
  const entries = broken ? [...otherEntries(), separator, ...quieter] : [...quieter, separator, ...otherEntries()];
  const picked = await vscode.window.showQuickPick(entries, { title: "FIM", placeHolder: status.message || "What shall it do?" });
  await picked?.act?.();
}

/** Ask for how long to be quiet, and be it. */
export async function snooze(status: Status, ask: Ask): Promise<void> {
  await (await vscode.window.showQuickPick(snoozeEntries(status, ask), { placeHolder: "For how long?" }))?.act?.();
}

/** Switch completion of the active editor's language off or on, in the user's settings. */
export async function switchActiveLanguage(): Promise<void> {
  const language = vscode.window.activeTextEditor?.document.languageId;
  if (language === undefined) {
    return;
  }
  const settings = vscode.workspace.getConfiguration("fim");
  const { languages, on } = switchLanguage(settings.inspect("trigger.languages")?.globalValue, language);
  await settings.update("trigger.languages", Object.keys(languages).length > 0 ? languages : undefined, vscode.ConfigurationTarget.Global);
  void vscode.window.setStatusBarMessage(`FIM: ${language} is ${on ? "completed again" : "no longer completed"}`, 4000);
}

/** Shows the server's last decisions, the newest first, as a document that nobody has to save. */
export class Explanation implements vscode.TextDocumentContentProvider, vscode.Disposable {
  static readonly place = vscode.Uri.parse("fim-why:Why.txt");

  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private page = "";
  readonly onDidChange = this.changed.event;

  provideTextDocumentContent(): string {
    return this.page;
  }

  /** Ask the server, and show what it says. */
  async show(ask: Ask): Promise<void> {
    this.page = describeDecisions(await ask(SHOW_WHY, []));
    this.changed.fire(Explanation.place);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(Explanation.place), { preview: true });
  }

  dispose(): void {
    this.changed.dispose();
  }
}

function snoozeEntries(status: Status, ask: Ask): Entry[] {
  const end: Entry[] =
    status.kind === "snoozed" ? [{ label: "$(bell) End the snooze", act: () => ask(SNOOZE, [0]) }] : [];
  return [...end, ...MINUTES.map((minutes) => ({ label: `$(bell-slash) Snooze for ${minutes} minutes`, act: () => ask(SNOOZE, [minutes]) }))];
}

function languageEntries(): Entry[] {
  const language = vscode.window.activeTextEditor?.document.languageId;
  if (language === undefined) {
    return [];
  }
  const on = isOn(vscode.workspace.getConfiguration("fim").get("trigger.languages"), language);
  return [{ label: on ? `$(circle-slash) Disable for ${language}` : `$(check) Enable for ${language}`, act: switchActiveLanguage }];
}

function nextEditEntry(): Entry {
  const label = areNextEditsOn() ? "$(circle-slash) Disable next edits" : "$(check) Enable next edits";
  return { label, act: () => vscode.commands.executeCommand("fim.switchNextEdits") };
}

function otherEntries(): Entry[] {
  const run = (command: string) => () => vscode.commands.executeCommand(command);
  return [
    { label: "$(key) Set API key…", act: run("fim.setApiKey") },
    { label: "$(question) Why was something suggested, or nothing?", act: run("fim.explain") },
    { label: "$(debug-restart) Restart the server", act: run("fim.restartServer") },
    { label: "$(output) Show the log", act: run("fim.showLog") },
    { label: "$(settings-gear) Open settings", act: run("fim.openSettings") },
  ];
}
