/** The language client of one server process: what it is told, and what it does where the process dies. */

import { createInterface } from "node:readline";
import * as os from "node:os";
import * as vscode from "vscode";
import { CloseAction, type DocumentSelector, ErrorAction, LanguageClient, type LanguageClientOptions, type StaticFeature } from "vscode-languageclient/node";
import { isEmpty, type LateAnswers } from "./late";
import type { Launch } from "./server";
import { separated } from "./settings";

/**
 * Files, new files, and the cells of notebooks, which the server is sent with their notebook's order. Documents of other
 * extensions are left out: their text comes from nowhere the server knows.
 */
const DOCUMENTS: DocumentSelector = [{ scheme: "file" }, { scheme: "untitled" }, { notebook: "*" }];

/** A line of the server's log on standard error, which the client was sent as a message, too. */
const LOG_LINE = /^\d{4}-\d\d-\d\d \S+ (DEBUG|INFO|WARNING|ERROR|CRITICAL) /;

/** What we understand of what the server sends beside LSP (docs/protocol.md). */
const EXTRAS: StaticFeature = {
  fillClientCapabilities: (capabilities) => {
    capabilities.experimental = { ...capabilities.experimental, fim: { refresh: true, replace: true, lineEnds: true, nextEdit: true } };
  },
  initialize: () => undefined,
  getState: () => ({ kind: "static" }),
  clear: () => undefined,
};

/** A client whose failures are told by the session, once and with a remedy; its own messages go into the log. */
class Client extends LanguageClient {
  override error(message: string, data?: unknown, shown?: boolean | "force"): void {
    // The session is not asked about a restart that the client makes by itself.
    super.error(message, data, message.startsWith("Restarting") ? shown : false);
  }
}

export interface ClientEvents {
  /** The process died. Is it to be started again? */
  died(): boolean;
  /** The process wrote a line on standard error that is none of its log. */
  complained(line: string): void;
  /** The server answered for ghost text at a place. */
  answered(document: vscode.TextDocument, position: vscode.Position, hasText: boolean): void;
}

/** Return a client that is not started yet; `variables` go into the server's environment. */
export function makeClient(
  launch: Launch,
  variables: Record<string, string>,
  output: vscode.LogOutputChannel,
  late: LateAnswers,
  events: ClientEvents,
): LanguageClient {
  const options: LanguageClientOptions = {
    documentSelector: DOCUMENTS,
    outputChannel: output,
    traceOutputChannel: output,
    progressOnInitialization: false,
    initializationFailedHandler: () => false,
    middleware: {
      provideInlineCompletionItems: async (document, position, context, token, next) => {
        const answer = await late.provide(document, position, context, token, next);
        events.answered(document, position, !isEmpty(answer));
        return answer;
      },
      workspace: {
        configuration: (params) => {
          const known: Record<string, unknown> = currentSettings();
          return params.items.map(({ section }) => known[section ?? ""] ?? null);
        },
        didChangeConfiguration: async (sections, next) => {
          try {
            await next(sections);
          } catch (error) {
            // A change that has the server started anew stops this client meanwhile. The new one reads the settings.
            if (client.isRunning()) {
              throw error;
            }
          }
        },
      },
    },
    errorHandler: {
      error: (_error, _message, count) => ({ action: (count ?? 0) <= 3 ? ErrorAction.Continue : ErrorAction.Shutdown, handled: true }),
      closed: () => ({ action: events.died() ? CloseAction.Restart : CloseAction.DoNotRestart, handled: true }),
    },
    stdioOptions: {
      stdout: () => undefined,
      // What the server logs comes as messages with a level; what is left are tracebacks and those who cannot log.
      stderr: (input, channel) => {
        createInterface({ input }).on("line", (line) => {
          if (LOG_LINE.test(line)) {
            channel.trace(line);
          } else {
            channel.error(line);
            events.complained(line);
          }
        });
      },
    },
  };
  // The home directory: programs that settings name must not be looked for in a workspace.
  const server = { command: launch.command, args: [...launch.args], options: { env: environmentOf(launch, variables), cwd: os.homedir() } };
  const client = new Client("fim", "FIM", server, options);
  client.registerFeature(EXTRAS);
  return client;
}

/** The settings as they are now: the user's, and those of the workspace and its folders. */
function currentSettings() {
  const folders = (vscode.workspace.workspaceFolders ?? []).map((folder) => folder.uri);
  return separated(folders, (folder) => vscode.workspace.getConfiguration(undefined, folder ?? null).inspect("fim"));
}

/** The bundled server has its own Python: what the user's shell says of another one's modules must not reach it. */
function environmentOf(launch: Launch, variables: Record<string, string>): NodeJS.ProcessEnv {
  const { PYTHONPATH, PYTHONHOME, ...rest } = process.env;
  return launch.source === "bundled" ? { ...rest, ...variables } : { ...process.env, ...variables };
}
