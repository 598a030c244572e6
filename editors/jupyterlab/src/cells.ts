/** A notebook as the language server has it, and the messages that keep it so (LSP 3.17, "Notebook Document Synchronization"). */

import { editBetween } from "./edits";

/** The part of a connection that sends notifications. */
export interface Sender {
  notify(method: string, params: unknown): void;
}

export interface Cell {
  uri: string;
  language: string;
  isMarkup: boolean;
  text: string;
}

export class SyncedNotebook {
  private cells: Cell[] = [];
  private version = 0;

  constructor(
    private readonly sender: Sender,
    readonly uri: string,
    cells: Cell[],
  ) {
    this.cells = cells;
    sender.notify("notebookDocument/didOpen", {
      notebookDocument: { uri, notebookType: "jupyter-notebook", version: 0, cells: cells.map(entry) },
      cellTextDocuments: cells.map((cell) => this.item(cell)),
    });
  }

  /** Send the changes that turn the cells that were sent into these. */
  update(cells: Cell[]): void {
    const before = this.cells;
    const change = { structure: this.structure(before, cells), textContent: this.edits(before, cells) };
    this.cells = cells;
    if (!change.structure && change.textContent.length === 0) {
      return;
    }
    this.sender.notify("notebookDocument/didChange", {
      notebookDocument: { uri: this.uri, version: ++this.version },
      change: { cells: change },
    });
  }

  saved(): void {
    this.sender.notify("notebookDocument/didSave", { notebookDocument: { uri: this.uri } });
  }

  close(): void {
    const cellTextDocuments = this.cells.map(({ uri }) => ({ uri }));
    this.sender.notify("notebookDocument/didClose", { notebookDocument: { uri: this.uri }, cellTextDocuments });
  }

  private structure(before: Cell[], after: Cell[]) {
    const most = Math.min(before.length, after.length);
    let start = 0;
    while (start < most && isSame(before[start]!, after[start]!)) {
      start += 1;
    }
    let tail = 0;
    while (tail < most - start && isSame(before[before.length - 1 - tail]!, after[after.length - 1 - tail]!)) {
      tail += 1;
    }
    const gone = before.slice(start, before.length - tail);
    const come = after.slice(start, after.length - tail);
    if (gone.length === 0 && come.length === 0) {
      return undefined;
    }
    return {
      array: { start, deleteCount: gone.length, cells: come.map(entry) },
      didClose: gone.filter((cell) => !come.some((other) => isSame(cell, other))).map(({ uri }) => ({ uri })),
      didOpen: come.filter((cell) => !gone.some((other) => isSame(cell, other))).map((cell) => this.item(cell)),
    };
  }

  private edits(before: Cell[], after: Cell[]) {
    const known = new Map(before.map((cell) => [cell.uri, cell]));
    return after.flatMap((cell) => {
      const old = known.get(cell.uri);
      const edit = old && isSame(old, cell) ? editBetween(old.text, cell.text) : undefined;
      return edit ? [{ document: { uri: cell.uri, version: ++this.version }, changes: [edit] }] : [];
    });
  }

  private item({ uri, language, text }: Cell) {
    return { uri, languageId: language, version: this.version, text };
  }
}

/** Are these one cell, of one kind and language? A cell of another kind or language is closed and opened. */
function isSame(one: Cell, other: Cell): boolean {
  return one.uri === other.uri && one.language === other.language && one.isMarkup === other.isMarkup;
}

function entry({ uri, isMarkup }: Cell) {
  return { kind: isMarkup ? 1 : 2, document: uri };
}
