/** Installs the bundled server on first use, with progress, once for all windows. How is in `environment.ts`. */

import * as fs from "node:fs/promises";
import * as path from "node:path";
import * as vscode from "vscode";
import { Environment, readPayload } from "./environment";
import { takeLock } from "./lock";
import { run } from "./process";
import type { Launch, Machine } from "./server";

/**
 * Return how to start the bundled server, installed if it was not. Raises InstallError with a remedy, or
 * CancellationError where the user has stopped it. `network` are variables for what is run,
 * `installing` is called where it takes a while.
 */
export async function launchBundled(
  context: vscode.ExtensionContext,
  machine: Machine,
  output: vscode.LogOutputChannel,
  network: Readonly<Record<string, string>>,
  installing: () => void,
): Promise<Launch> {
  const storage = context.globalStorageUri.fsPath;
  const payload = await readPayload(path.join(context.extensionPath, "server"));
  const environment = new Environment(payload, storage, machine, run, network);
  if (!(await environment.isComplete())) {
    installing();
    await installWithProgress(environment, storage, output);
  }
  return { source: "bundled", command: environment.program, args: [] };
}

async function installWithProgress(environment: Environment, storage: string, output: vscode.LogOutputChannel): Promise<void> {
  const title = "FIM: installing its server, once";
  await fs.mkdir(storage, { recursive: true });
  await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (progress, token) => {
      const stop = new AbortController();
      token.onCancellationRequested(() => stop.abort(new vscode.CancellationError()));
      const release = await takeLock(path.join(storage, "installing"), stop.signal);
      try {
        if (await environment.isComplete()) {
          return; // Another window has done it.
        }
        await environment.make(
          (message) => progress.report({ message }),
          (line) => output.info(line),
          stop.signal,
        );
        await environment.removeOthers();
      } finally {
        await release();
      }
    },
  );
}
