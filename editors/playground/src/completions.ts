/** Ghost text: Monaco's inline completions, asked of the server. */

import type { Connection } from "./connection";
import { fromLspRange, toLspPosition, toLspRange, uriOf } from "./document";
import { monaco } from "./monaco";
import type { LspRange } from "./position";
import { isStillWanted, type Place } from "./refresh";

interface Item {
  insertText: string;
  range?: LspRange;
  command?: { title: string; command: string; arguments?: unknown[] };
}

const INVOKED = 1; // LSP 3.18, InlineCompletionTriggerKind
const AUTOMATIC = 2;

export interface Listener {
  /** The server has answered for a place. */
  answered(place: Place, hasText: boolean): void;
  /** The user has taken the text away. */
  dismissed(): void;
}

/** Offer the server's completions in every language. */
export function offerCompletions(connection: Connection, editor: monaco.editor.IStandaloneCodeEditor, listener: Listener): void {
  let dismissed: Place | undefined;
  let isRefreshing = false; // until the request that comes of it: nobody pressed a key for that one
  monaco.languages.registerInlineCompletionsProvider("*", {
    displayName: "fim-language-server",
    debounceDelayMs: 0, // The server itself knows best how long to wait.
    disposeInlineCompletions: () => {},
    handleEndOfLifetime: (_completions, _item, reason) => {
      const isRejected = reason.kind === monaco.languages.InlineCompletionEndOfLifeReasonKind.Rejected;
      if (!isRejected || isRefreshing) return;
      dismissed = cursorOf(editor);
      listener.dismissed();
    },
    async provideInlineCompletions(model, position, context, token) {
      const params = {
        textDocument: { uri: uriOf(model) },
        position: toLspPosition(position),
        context: { triggerKind: isInvoked(context) && !isRefreshing ? INVOKED : AUTOMATIC, ...selected(context) },
      };
      isRefreshing = false;
      const place = { uri: uriOf(model), version: model.getVersionId(), ...params.position };
      let hasText = false;
      try {
        const answer = (await connection.request("textDocument/inlineCompletion", params, token)) as { items: Item[] } | null;
        const items = (answer?.items ?? []).map(toMonaco);
        hasText = items.length > 0;
        return { items };
      } catch {
        return { items: [] }; // Cancelled, or the server has ended; the page says so elsewhere.
      } finally {
        listener.answered(place, hasText);
      }
    },
  });
  monaco.editor.registerCommand("fim.accept", (_services, ...words: unknown[]) => {
    connection.request("workspace/executeCommand", { command: "fim.accept", arguments: words }).catch(() => {});
  });
  connection.on("$/fim/refresh", (params) => {
    const here = cursorOf(editor);
    if (!here || !isStillWanted(params as Place, here, dismissed)) return;
    // Monaco asks again at an unchanged place only if that is explicit, and then keeps what is shown: so that goes first.
    isRefreshing = true;
    editor.trigger("playground", "editor.action.inlineSuggest.hide", {});
    editor.trigger("playground", "editor.action.inlineSuggest.trigger", {});
  });
}

/** Return where the cursor is, as the server is told it; undefined where nothing is open. */
function cursorOf(editor: monaco.editor.IStandaloneCodeEditor): Place | undefined {
  const model = editor.getModel();
  const cursor = editor.getPosition();
  return model && cursor ? { uri: uriOf(model), version: model.getVersionId(), ...toLspPosition(cursor) } : undefined;
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
