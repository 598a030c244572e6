// The other floor: a language server on vscode-languageserver that keeps documents and answers nothing.
const { createConnection, TextDocuments, TextDocumentSyncKind } = require("vscode-languageserver/node");
const { TextDocument } = require("vscode-languageserver-textdocument");

const connection = createConnection(process.stdin, process.stdout);
const documents = new TextDocuments(TextDocument);
connection.onInitialize(() => ({
  capabilities: { textDocumentSync: TextDocumentSyncKind.Incremental, inlineCompletionProvider: {} },
}));
connection.onRequest("textDocument/inlineCompletion", () => null);
documents.listen(connection);
connection.listen();
