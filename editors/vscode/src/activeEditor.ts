/** The editor that the user is in, as `refresh.ts` sees it. */

import * as vscode from "vscode";
import type { Editor, Place } from "./refresh";

export const activeEditor: Editor = {
  place() {
    const editor = vscode.window.activeTextEditor;
    return editor?.selection.isEmpty ? placeOf(editor.document, editor.selection.active) : undefined;
  },

  async askAgain() {
    // Ghost text of the same place would count as the answer; nothing is done where there is none.
    await vscode.commands.executeCommand("editor.action.inlineSuggest.hide");
    await vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
  },
};

/** Return a position as the server was told of it. */
export function placeOf(document: vscode.TextDocument, position: vscode.Position): Place {
  return { uri: document.uri.toString(), version: document.version, line: position.line, character: position.character };
}
