/**
 * The cure for VS Code's short patience.
 *
 * Where the cursor stands at the end of a word, VS Code (seen in 1.139, with `editor.quickSuggestions.other` at
 * its default `offWhenInlineCompletions`) cancels a request for ghost text after 750 ms and does not ask again, so
 * that a slower answer is never shown (microsoft/vscode#293443, #300371). Here the request gets a cancellation of its
 * own, which the user's next move triggers; an answer that came too late for VS Code is kept, and VS Code made to
 * ask once more. It can go when VS Code shows late answers itself.
 */

import * as vscode from "vscode";
import type { Middleware } from "vscode-languageclient/node";
import { placeOf } from "./activeEditor";
import type { Refreshes } from "./refresh";

type Provide = NonNullable<Middleware["provideInlineCompletionItems"]>;
type Answer = Awaited<ReturnType<Provide>>;

/** Keeps the one answer that came too late. */
export class LateAnswers {
  private kept: { place: string; answer: Answer } | undefined;
  private asking: vscode.CancellationTokenSource | undefined;

  constructor(private readonly refreshes: Refreshes) {}

  /** The middleware (`provideInlineCompletionItems`) of a language client. */
  readonly provide: Provide = async (document, position, context, token, next) => {
    if (this.refreshes.takes(placeOf(document, position))) {
      // Nobody asked by hand: the server is to spend no more on it than on a key.
      context = { ...context, triggerKind: vscode.InlineCompletionTriggerKind.Automatic };
    } else if (context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke) {
      this.refreshes.noteAskedByHand();
    }
    const place = JSON.stringify(placeOf(document, position));
    const kept = this.kept;
    this.kept = undefined;
    // With an entry of the popup selected, the answer has to extend that entry: the server is asked.
    if (kept?.place === place && !context.selectedCompletionInfo) {
      return kept.answer;
    }
    this.asking?.cancel();
    const own = new vscode.CancellationTokenSource();
    this.asking = own;
    const subscriptions = cancelWhenMoved(own, document, position);
    try {
      const answer = await next(document, position, context, own.token);
      if (!token.isCancellationRequested || own.token.isCancellationRequested) {
        return answer;
      }
      if (!isEmpty(answer) && vscode.window.activeTextEditor?.document === document) {
        this.kept = { place, answer };
        await vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
      }
      return null;
    } finally {
      for (const subscription of subscriptions) {
        subscription.dispose();
      }
      if (this.asking === own) {
        this.asking = undefined;
      }
      own.dispose();
    }
  };

  /** Cancel what is being asked, and forget what came. */
  forget(): void {
    this.asking?.cancel();
    this.kept = undefined;
  }
}

function cancelWhenMoved(
  source: vscode.CancellationTokenSource,
  document: vscode.TextDocument,
  position: vscode.Position,
): vscode.Disposable[] {
  return [
    vscode.workspace.onDidChangeTextDocument((event) => {
      if (event.document === document && event.contentChanges.length > 0) {
        source.cancel();
      }
    }),
    vscode.window.onDidChangeTextEditorSelection((event) => {
      if (event.textEditor.document === document && !event.selections[0]?.active.isEqual(position)) {
        source.cancel();
      }
    }),
  ];
}

/** Is there no text in an answer? */
export function isEmpty(answer: Answer): boolean {
  return !answer || (Array.isArray(answer) ? answer : answer.items).length === 0;
}
