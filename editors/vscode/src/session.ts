/** The server's life: chosen, installed if need be, started, started again. It owns the client and the status. */

import * as fs from "node:fs";
import * as os from "node:os";
import * as vscode from "vscode";
import { ExecuteCommandRequest, type LanguageClient, State } from "vscode-languageclient/node";
import { activeEditor } from "./activeEditor";
import { networkEnvironment } from "./certificates";
import { makeClient } from "./client";
import { InstallError } from "./environment";
import { launchBundled } from "./install";
import type { Keys } from "./keys";
import { LateAnswers } from "./late";
import type { NextEditFeature } from "./nextEditFeature";
import { Refreshes } from "./refresh";
import { Restarts } from "./restarts";
import { chooseLaunch, type Launch, type Machine } from "./server";
import { readServerSettings } from "./settings";
import { ownStatus, readStatus } from "./status";
import type { StatusBar } from "./statusBar";

const STATUS = "$/fim/status";
const REFRESH = "$/fim/refresh";

/** How much is shown of what a server said before it ended, in characters. */
const LONGEST_COMPLAINT = 200;

/** One window's server. */
export class Session {
  private client: LanguageClient | undefined;
  private readonly refreshes = new Refreshes(activeEditor);
  private readonly late = new LateAnswers(this.refreshes);
  private readonly restarts = new Restarts();
  /** The last line that the server wrote beside its log: why it ended, where it did. */
  private complaint = "";
  /** The last of what was asked for, so that starting and stopping never overlap. */
  private work: Promise<void> = Promise.resolve();

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly output: vscode.LogOutputChannel,
    private readonly bar: StatusBar,
    private readonly keys: Keys,
    private readonly nextEdits: NextEditFeature,
  ) {}

  /** Start the server, or a new one in its place. What goes wrong is told to the user, with a remedy. */
  restart(): Promise<void> {
    return this.queue(async () => {
      await this.stopClient();
      this.restarts.reset();
      await this.startClient();
    });
  }

  /** Stop the server. */
  stop(): Promise<void> {
    return this.queue(() => this.stopClient());
  }

  /** The user takes the suggestion away. It does not come back by itself. */
  async dismiss(): Promise<void> {
    this.refreshes.noteDismissal();
    this.nextEdits.noteDismissal();
    await vscode.commands.executeCommand("editor.action.inlineSuggest.hide");
  }

  /** Run one of the server's commands and return its answer. Rejects, with a sentence, where that cannot be. */
  async ask(command: string, args: unknown[]): Promise<unknown> {
    const known = this.client?.initializeResult?.capabilities.executeCommandProvider?.commands ?? [];
    if (this.client?.state !== State.Running) {
      throw new Error("the server is not running");
    }
    if (!known.includes(command)) {
      throw new Error(`this version of the server does not know ${command}`);
    }
    return this.client.sendRequest(ExecuteCommandRequest.type, { command, arguments: args });
  }

  private queue(act: () => Promise<void>): Promise<void> {
    this.work = this.work.then(act, act);
    return this.work;
  }

  private async startClient(): Promise<void> {
    this.bar.show(ownStatus("starting"));
    try {
      this.complaint = "";
      const network = await networkEnvironment(this.context.globalStorageUri.fsPath);
      this.output.info(`Added to its environment: ${Object.keys(network).join(", ") || "nothing"}`);
      const launch = await this.chooseLaunch(network);
      this.output.info(`Server (${launch.source}): ${launch.command}`);
      const variables = { ...network, ...(await this.keys.environment()) };
      this.client = makeClient(launch, variables, this.output, this.late, {
        died: () => this.died(),
        complained: (line) => (this.complaint = line.trim() || this.complaint),
        answered: (document, position, hasText) => this.nextEdits.noteGhostText(document, position, hasText),
      });
      this.listen(this.client);
      await this.client.start();
    } catch (error) {
      await this.stopClient();
      this.startFailed(error);
    }
  }

  private async chooseLaunch(network: Readonly<Record<string, string>>): Promise<Launch> {
    const settings = vscode.workspace.getConfiguration("fim");
    const machine = thisMachine();
    const own = chooseLaunch(readServerSettings((key) => settings.get(key)), machine);
    return own ?? launchBundled(this.context, machine, this.output, network, () => this.bar.show(ownStatus("installing")));
  }

  private listen(client: LanguageClient): void {
    client.onNotification(STATUS, (params: unknown) => {
      const status = readStatus(params);
      if (status) {
        this.bar.show(status);
      }
    });
    client.onNotification(REFRESH, (params: unknown) => this.refreshes.receive(params));
    this.nextEdits.listen(client);
  }

  /** The process is gone without having been told to: start it again, once, and say so. */
  private died(): boolean {
    if (this.client?.initializeResult === undefined) {
      return false; // It never ran: `startClient` says so.
    }
    const again = this.restarts.mayRestart(Date.now());
    if (again) {
      this.bar.show(ownStatus("restarting"));
      void vscode.window.showWarningMessage("FIM: the server stopped unexpectedly and is started again.");
    } else {
      this.stopped(`The server stopped again soon after it was restarted.${this.lastWords()}`);
    }
    return again;
  }

  private startFailed(error: unknown): void {
    if (error instanceof vscode.CancellationError) {
      this.bar.show(ownStatus("stopped", "The installation was stopped; click to restart it."));
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    this.output.error(message);
    this.stopped(error instanceof InstallError ? message : `The server could not be started: ${message.replace(/\.$/, "")}.${this.lastWords()}`);
  }

  /** What the server said before it ended, as the end of a sentence. */
  private lastWords(): string {
    const said = this.complaint.slice(0, LONGEST_COMPLAINT);
    return said && ` It said: “${said}${said.length < this.complaint.length ? "…" : ""}”`;
  }

  private stopped(message: string): void {
    this.bar.show(ownStatus("stopped", message));
    const acts: Record<string, string> = { "Try again": "fim.restartServer", "Show log": "fim.showLog", "Open settings": "fim.openSettings" };
    void vscode.window.showErrorMessage(`FIM: ${message}`, ...Object.keys(acts)).then((picked) => {
      const command = picked && acts[picked];
      return command && vscode.commands.executeCommand(command);
    });
  }

  private async stopClient(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    this.late.forget();
    this.nextEdits.forget();
    if (client) {
      // A client that never started, or whose server is dead, cannot be stopped, and need not be.
      await client.dispose().catch(() => undefined);
    }
  }
}

function thisMachine(): Machine {
  return {
    platform: process.platform,
    home: os.homedir(),
    env: process.env,
    isProgram: (file) => {
      try {
        fs.accessSync(file, fs.constants.X_OK);
        return fs.statSync(file).isFile();
      } catch {
        return false;
      }
    },
  };
}
