/** Inline completions for JupyterLab's own inline completer. */

import type { CompletionHandler, IInlineCompletionContext, IInlineCompletionProvider } from "@jupyterlab/completer";
import type { Connection } from "./connection";
import type { Documents } from "./documents";
import { positionAt, unitsOf } from "./edits";

/** LSP's kinds, by JupyterLab's: a key for it, or typing (`InlineCompletionTriggerKind` of both). */
const KINDS = [1, 2];

interface Item {
  insertText: string;
}

export class FimProvider implements IInlineCompletionProvider {
  readonly name = "FIM";
  readonly identifier = "fim-language-server";
  /** No debouncing: the server paces itself, and answers what it knows at once. */
  readonly schema = { default: { enabled: true, timeout: 10_000, debouncerDelay: 0, autoFillInMiddle: true } };
  private asked: number | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly documents: Documents,
  ) {}

  configure(): void {
    // JupyterLab itself acts upon the settings of its schema.
  }

  async fetch(request: CompletionHandler.IRequest, context: IInlineCompletionContext): Promise<{ items: Item[] }> {
    const uri = this.connection.isReady ? this.documents.update(context.widget) : undefined;
    if (uri === undefined) {
      return { items: [] };
    }
    if (this.asked !== undefined) {
      this.connection.cancel(this.asked);
    }
    const params = {
      textDocument: { uri },
      position: positionAt(request.text, unitsOf(request.text, request.offset)),
      context: { triggerKind: KINDS[context.triggerKind] ?? 2 },
    };
    try {
      const answer = await this.connection.request("textDocument/inlineCompletion", params, (id) => (this.asked = id));
      const items = (answer as { items?: Item[] } | null)?.items ?? [];
      return { items: items.map(({ insertText }) => ({ insertText })) };
    } catch {
      return { items: [] }; // It was cancelled for a newer one, or the connection broke, which the status tells.
    }
  }
}
