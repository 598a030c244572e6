/** Ghost text: Monaco's inline completions, asked of the server. */

import type { Connection } from "./connection";
import { fromLspRange, toLspPosition, toLspRange, uriOf, type LspPosition, type LspRange } from "./document";
import { monaco } from "./monaco";

interface Item {
  insertText: string;
  range?: LspRange;
  command?: { title: string; command: string; arguments?: unknown[] };
}

interface Refresh extends LspPosition {
  uri: string;
  version: number;
}

const INVOKED = 1; // LSP 3.18, InlineCompletionTriggerKind
const AUTOMATIC = 2;

/** Offer the server's completions in every language. `answered` is called after each answer, also one without a text. */
export function offerCompletions(connection: Connection, editor: monaco.editor.IStandaloneCodeEditor, answered: () => void): void {
  const changed = new monaco.Emitter<void>();
  monaco.languages.registerInlineCompletionsProvider("*", {
    displayName: "fim-language-server",
    debounceDelayMs: 0, // The server itself knows best how long to wait.
    onDidChangeInlineCompletions: changed.event,
    disposeInlineCompletions: () => {},
    async provideInlineCompletions(model, position, context, token) {
      const params = {
        textDocument: { uri: uriOf(model) },
        position: toLspPosition(position),
        context: { triggerKind: isInvoked(context) ? INVOKED : AUTOMATIC, ...selected(context) },
      };
      try {
        const answer = (await connection.request("textDocument/inlineCompletion", params, token)) as { items: Item[] } | null;
        return { items: (answer?.items ?? []).map(toMonaco) };
      } catch {
        return { items: [] }; // Cancelled, or the server has ended; the page says so elsewhere.
      } finally {
        answered();
      }
    },
  });
  monaco.editor.registerCommand("fim.accept", (_services, ...words: unknown[]) => {
    connection.request("workspace/executeCommand", { command: "fim.accept", arguments: words }).catch(() => {});
  });
  // A better text is ready for where the server was last asked: ask again, if that is still where one is.
  connection.on("$/fim/refresh", (params) => {
    const { uri, version, line, character } = params as Refresh;
    const model = editor.getModel();
    const cursor = editor.getPosition();
    if (!model || !cursor || uriOf(model) !== uri || model.getVersionId() !== version) return;
    const at = toLspPosition(cursor);
    if (at.line === line && at.character === character) changed.fire();
  });
}

function isInvoked(context: monaco.languages.InlineCompletionContext): boolean {
  return context.triggerKind === monaco.languages.InlineCompletionTriggerKind.Explicit;
}

function selected({ selectedSuggestionInfo }: monaco.languages.InlineCompletionContext): object {
  if (!selectedSuggestionInfo) return {};
  const { range, text } = selectedSuggestionInfo;
  return { selectedCompletionInfo: { range: toLspRange(range), text } };
}

function toMonaco({ insertText, range, command }: Item): monaco.languages.InlineCompletion {
  return {
    insertText,
    ...(range && { range: fromLspRange(range) }),
    ...(command && { command: { id: command.command, title: command.title, arguments: command.arguments ?? [] } }),
  };
}
