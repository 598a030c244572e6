/** Next edits in VS Code: what is offered, drawn and taken, brought together with VS Code's events and the server. */

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { NextEdits } from "../../next-edit/nextEdits";
import { placeOf } from "./activeEditor";
import { NextEditScreen } from "./nextEditScreen";
import type { StatusBar } from "./statusBar";

/** What is spoken with the server (docs/protocol.md). */
const OFFERED = "fim/nextEdit";
const ASK = "textDocument/copilotInlineEdit";
const SHOWN = "textDocument/didShowInlineEdit";
const MOVED = "fim/didMoveCursor";
const ACCEPTED = "fim.acceptNextEdit";
const DISMISSED = "fim.dismissNextEdit";

/** `triggerKind` of a request that a key or a command caused. */
const INVOKED = 1;

export class NextEditFeature implements vscode.Disposable {
  private readonly screen: NextEditScreen;
  private readonly edits: NextEdits;
  private readonly subscriptions: vscode.Disposable[];
  private client: LanguageClient | undefined;

  constructor(bar: StatusBar) {
    this.screen = new NextEditScreen(bar);
    this.edits = new NextEdits(this.screen, {
      shown: (id) => this.notify(SHOWN, { item: { command: { arguments: [id] } } }),
      moved: (textDocument, position) => areNextEditsOn() && this.notify(MOVED, { textDocument, position }),
      accepted: (id) => this.tell(ACCEPTED, id),
      dismissed: (id) => this.tell(DISMISSED, id),
    });
    const refresh = () => this.edits.refresh();
    this.subscriptions = [
      this.screen,
      vscode.workspace.onDidChangeTextDocument(refresh),
      vscode.workspace.onDidCloseTextDocument(refresh),
      vscode.window.onDidChangeTextEditorSelection(refresh),
      vscode.window.onDidChangeTextEditorVisibleRanges(refresh),
      vscode.window.onDidChangeTextEditorOptions(() => this.edits.redraw()),
      vscode.window.onDidChangeActiveTextEditor(refresh),
      vscode.window.onDidChangeVisibleTextEditors(() => this.edits.redraw()),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration("fim.nextEdit") && !areNextEditsOn()) {
          this.edits.forget();
        }
      }),
    ];
  }

  /** Listen to a client that is not started yet. */
  listen(client: LanguageClient): void {
    this.client = client;
    client.onNotification(OFFERED, (params: unknown) => void (areNextEditsOn() && this.edits.receive(params)));
  }

  /** The client is gone. */
  forget(): void {
    this.client = undefined;
    this.edits.forget();
  }

  /** Take note of the server's answer for ghost text: where there is some, the next edit waits. */
  noteGhostText(document: vscode.TextDocument, position: vscode.Position, isThere: boolean): void {
    const { uri, version, line, character } = placeOf(document, position);
    this.edits.noteGhostText({ uri, version }, { line, character }, isThere);
  }

  /** Take note that the user took the ghost text away. */
  noteDismissal(): void {
    this.edits.noteNoGhostText();
  }

  /** Jump to the edit that is drawn, or make it. Where it has gone just now, Tab is a Tab. */
  async take(): Promise<void> {
    if (!(await this.edits.take())) {
      await vscode.commands.executeCommand("tab");
    }
  }

  /** Take the edit that is drawn away. */
  hide(): void {
    this.edits.dismiss();
  }

  /** Ask the server for an edit by hand. */
  async ask(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (editor === undefined) {
      return;
    }
    if (this.client?.isRunning() !== true) {
      throw new Error("the server is not running");
    }
    const { uri, version, line, character } = placeOf(editor.document, editor.selection.active);
    const textDocument = { uri, version };
    const answer = await this.client.sendRequest<{ edits?: unknown } | null>(ASK, { textDocument, position: { line, character }, context: { triggerKind: INVOKED } });
    if (!this.edits.receive({ textDocument, edits: answer?.edits ?? [] })) {
      void vscode.window.setStatusBarMessage("FIM: no next edit is known here", 4000);
    }
  }

  /** Switch next edits off or on, in the user's settings. */
  async switch(): Promise<void> {
    const on = !areNextEditsOn();
    // On is the default: settings stay as short as they were.
    await vscode.workspace.getConfiguration("fim").update("nextEdit.mode", on ? undefined : "off", vscode.ConfigurationTarget.Global);
    void vscode.window.setStatusBarMessage(`FIM: next edits are ${on ? "offered again" : "no longer offered"}`, 4000);
  }

  dispose(): void {
    for (const subscription of this.subscriptions) {
      subscription.dispose();
    }
  }

  private notify(method: string, params: object): void {
    if (this.client?.isRunning()) {
      void this.client.sendNotification(method, params).catch(() => undefined);
    }
  }

  private tell(command: string, id: string): void {
    void this.client?.sendRequest("workspace/executeCommand", { command, arguments: [id] }).catch(() => undefined);
  }
}

/** Are next edits offered, by `fim.nextEdit.mode`? */
export function areNextEditsOn(): boolean {
  return vscode.workspace.getConfiguration("fim").get("nextEdit.mode") !== "off";
}
