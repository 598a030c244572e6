/** The page: an editor, the server behind it, and what the server says of itself. */

import { offerCompletions } from "./completions";
import { Connection } from "./connection";
import { openDocument } from "./document";
import { monaco } from "./monaco";
import { offerNextEdits } from "./nextEdits";
import { drawDecisions } from "./panel";
import { languageOf, SAMPLES } from "./samples";
import { sentence, type Status } from "./status";

/** What `fim-language-server playground` was started with (web/playground.py). */
interface Opened {
  folder: { uri: string; name: string };
  file: { uri: string; languageId: string; text: string } | null;
}

(self as unknown as { MonacoEnvironment: monaco.Environment }).MonacoEnvironment = {
  getWorker: () => new Worker("editor.worker.js"),
};

// Monaco tells of each request that it let go of as of an error; it is none.
addEventListener("unhandledrejection", (event) => {
  if (event.reason instanceof Error && event.reason.name === "Canceled") event.preventDefault();
});

async function start(): Promise<void> {
  const opened = (await (await fetch("session.json")).json()) as Opened;
  part("folder").textContent = opened.folder.name;
  const connection = await connect(opened);
  const editor = monaco.editor.create(part("editor"), {
    automaticLayout: true,
    bracketPairColorization: { enabled: false },
    fontFamily: 'ui-monospace, "DejaVu Sans Mono", monospace',
    fontSize: 15,
    hideCursorInOverviewRuler: true,
    inlineSuggest: { enabled: true },
    minimap: { enabled: false },
    overviewRulerBorder: false,
    overviewRulerLanes: 0,
    padding: { top: 12 },
    quickSuggestions: false,
    scrollBeyondLastLine: false,
    theme: "vs-dark",
  });
  const edits = offerNextEdits(connection, editor, (sentence) => (part("next").textContent = sentence));
  const drawNewest = drawDecisions(connection, part("ways"));
  offerCompletions(connection, editor, {
    answered: ({ uri, version, line, character }, hasText) => {
      edits.noteGhostText({ uri, version }, { line, character }, hasText);
      drawNewest();
    },
    dismissed: () => edits.noteNoGhostText(),
  });
  bindKeys(editor);
  showDocuments(connection, editor, opened);
}

/** Connect and initialize. The page's own address holds the token, so the socket's does, too. */
async function connect(opened: Opened): Promise<Connection> {
  const address = new URL("lsp", location.href);
  address.protocol = "ws:";
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error("the server cannot be reached"));
  });
  const connection = new Connection(socket, ended);
  connection.on("$/fim/status", (params) => showStatus(params as Status));
  connection.on("window/showMessage", (params) => (part("message").textContent = (params as { message: string }).message));
  await connection.request("initialize", {
    processId: null,
    clientInfo: { name: "fim playground" },
    rootUri: opened.folder.uri,
    workspaceFolders: [opened.folder],
    capabilities: {
      general: { positionEncodings: ["utf-16"] },
      textDocument: { inlineCompletion: {} },
      experimental: { fim: { refresh: true, replace: true, lineEnds: true, nextEdit: true } },
    },
  });
  connection.notify("initialized", {});
  return connection;
}

/** Show the file, or a sample of the language that is picked. */
function showDocuments(connection: Connection, editor: monaco.editor.IStandaloneCodeEditor, opened: Opened): void {
  const picker = part("language") as HTMLSelectElement;
  const first = languageOf(opened.file?.languageId ?? "python");
  for (const { id, label } of SAMPLES.includes(first) ? SAMPLES : [first, ...SAMPLES]) picker.append(new Option(label, id));
  picker.value = first.id;
  let close = () => {};
  const show = () => {
    close();
    const language = languageOf(picker.value);
    const file = opened.file?.languageId === language.id ? opened.file : null;
    const uri = monaco.Uri.parse(file?.uri ?? `${opened.folder.uri.replace(/\/$/, "")}/playground.${language.extension}`);
    const model = monaco.editor.createModel(file?.text ?? language.text, language.monaco ?? language.id, uri);
    const document = openDocument(connection, model, language.id);
    editor.setModel(model);
    const last = model.getLineCount();
    editor.setPosition(file ? { lineNumber: 1, column: 1 } : { lineNumber: last, column: model.getLineMaxColumn(last) });
    editor.focus();
    // A sample is there to show a text: nobody should have to find the key for it first.
    if (!file) editor.trigger("playground", "editor.action.inlineSuggest.trigger", {});
    close = () => {
      document.dispose();
      model.dispose();
    };
  };
  picker.onchange = show;
  show();
}

function bindKeys(editor: monaco.editor.IStandaloneCodeEditor): void {
  const { KeyCode, KeyMod } = monaco;
  monaco.editor.addKeybindingRules([
    { keybinding: KeyMod.Alt | KeyCode.Backslash, command: "editor.action.inlineSuggest.trigger" },
    {
      keybinding: KeyMod.CtrlCmd | KeyMod.Alt | KeyCode.RightArrow,
      command: "editor.action.inlineSuggest.acceptNextLine",
      when: "inlineSuggestionVisible",
    },
  ]);
  part("ask").onclick = () => {
    editor.focus();
    editor.trigger("playground", "editor.action.inlineSuggest.trigger", {});
  };
}

function showStatus(status: Status): void {
  part("status").dataset.kind = status.kind;
  part("status").textContent = sentence(status);
}

function ended(): void {
  part("status").dataset.kind = "ended";
  part("status").textContent = "The server has ended: start it again and open the address that it prints.";
}

function part(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

start().catch((error: unknown) => {
  part("status").dataset.kind = "ended";
  part("status").textContent = String(error);
});
