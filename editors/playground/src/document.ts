/** One text that the server has open, told of each change as it is made. */

import type { Connection } from "./connection";
import { monaco } from "./monaco";
import type { LspPosition, LspRange } from "./position";

type Model = monaco.editor.ITextModel;

/** Tell the server of a document and of what becomes of it; dispose to close it there. */
export function openDocument(connection: Connection, model: Model, languageId: string): monaco.IDisposable {
  const uri = uriOf(model);
  const text = model.getValue();
  connection.notify("textDocument/didOpen", { textDocument: { uri, languageId, version: model.getVersionId(), text } });
  const watching = model.onDidChangeContent((event) => {
    const contentChanges = event.changes.map(({ range, text }) => ({ range: toLspRange(range), text }));
    connection.notify("textDocument/didChange", { textDocument: { uri, version: event.versionId }, contentChanges });
  });
  return {
    dispose: () => {
      watching.dispose();
      connection.notify("textDocument/didClose", { textDocument: { uri } });
    },
  };
}

/** Return the document's name as the server is told it. */
export function uriOf(model: Model): string {
  return model.uri.toString();
}

/** Both sides count UTF-16 units; the protocol from zero. */
export function toLspPosition({ lineNumber, column }: monaco.IPosition): LspPosition {
  return { line: lineNumber - 1, character: column - 1 };
}

export function toLspRange(range: monaco.IRange): LspRange {
  return {
    start: { line: range.startLineNumber - 1, character: range.startColumn - 1 },
    end: { line: range.endLineNumber - 1, character: range.endColumn - 1 },
  };
}

export function fromLspRange({ start, end }: LspRange): monaco.IRange {
  return {
    startLineNumber: start.line + 1,
    startColumn: start.character + 1,
    endLineNumber: end.line + 1,
    endColumn: end.character + 1,
  };
}
