/** Where VS Code comes in: registers commands, and starts the session. What they do is in the other modules. */

import * as vscode from "vscode";
import { isKey, Keys } from "./keys";
import { Explanation, showMenu, snooze, switchActiveLanguage } from "./menu";
import { NextEditFeature } from "./nextEditFeature";
import { record, stopRecord } from "./recording";
import { Session } from "./session";
import { StatusBar } from "./statusBar";

/** The settings that the server is started with. */
const NEEDS_RESTART = ["fim.server", "http.proxy", "http.noProxy", "http.proxySupport", "http.systemCertificates"];

let session: Session | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const output = vscode.window.createOutputChannel("FIM", { log: true });
  const bar = new StatusBar();
  const keys = new Keys(context);
  const nextEdits = new NextEditFeature(bar);
  const started = new Session(context, output, bar, keys, nextEdits);
  session = started;
  const ask = started.ask.bind(started);
  const explanation = new Explanation();
  const commands: Record<string, () => Thenable<unknown> | void> = {
    "fim.setApiKey": () => keys.ask(),
    "fim.removeApiKey": () => keys.askToRemove(),
    "fim.menu": () => showMenu(bar.current, ask),
    "fim.snoozeFor": () => snooze(bar.current, ask),
    "fim.switchLanguage": () => switchActiveLanguage(),
    "fim.explain": () => explanation.show(ask),
    "fim.record": () => record(ask),
    "fim.stopRecord": () => stopRecord(ask),
    "fim.dismiss": () => started.dismiss(),
    "fim.takeNextEdit": () => nextEdits.take(),
    "fim.hideNextEdit": () => nextEdits.hide(),
    "fim.askNextEdit": () => nextEdits.ask(),
    "fim.switchNextEdits": () => nextEdits.switch(),
    "fim.restartServer": () => started.restart(),
    "fim.showLog": () => output.show(),
    "fim.openSettings": () => vscode.commands.executeCommand("workbench.action.openSettings", `@ext:${context.extension.id}`),
  };
  for (const [name, act] of Object.entries(commands)) {
    context.subscriptions.push(vscode.commands.registerCommand(name, () => told(act)));
  }
  context.subscriptions.push(
    output,
    bar,
    nextEdits,
    explanation,
    vscode.workspace.registerTextDocumentContentProvider(Explanation.place.scheme, explanation),
    // Secrets are shared by all windows: each starts its own server with the new key.
    context.secrets.onDidChange((event) => isKey(event.key) && void started.restart()),
    vscode.workspace.onDidChangeConfiguration((event) => NEEDS_RESTART.some((section) => event.affectsConfiguration(section)) && void started.restart()),
  );
  void started.restart();
}

export function deactivate(): Promise<void> | undefined {
  return session?.stop();
}

/** Run a command; what goes wrong is one message, since VS Code would show a stack. */
async function told(act: () => Thenable<unknown> | void): Promise<void> {
  try {
    await act();
  } catch (error) {
    void vscode.window.showWarningMessage(`FIM: ${error instanceof Error ? error.message : String(error)}.`);
  }
}
