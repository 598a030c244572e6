/** What the language server knows of the widgets in which text was asked for: opened, followed, and closed with them. */

import type { Widget } from "@lumino/widgets";
import { SyncedNotebook, type Sender } from "./cells";
import { editBetween } from "./edits";
import { activeCellUri, cellsOf, isEditor, isFile, isNotebook, languageOfMime, uriOf, type FileWidget } from "./widgets";

interface Synced {
  readonly uri: string;
  update(): void;
  saved(): void;
  close(): void;
}

export class Documents {
  /** The folder that Jupyter serves; undefined while there is no connection. */
  private rootUri: string | undefined;
  private readonly synced = new Map<FileWidget, Synced>();
  private readonly followed = new WeakSet<FileWidget>();

  constructor(private readonly sender: Sender) {}

  /** A new server knows of no document. */
  begin(rootUri: string | undefined): void {
    this.rootUri = rootUri;
    this.synced.clear();
  }

  /** Bring the server up to date with a widget; return the URI of the text in which its cursor is. */
  update(widget: Widget): string | undefined {
    if (this.rootUri === undefined || !isFile(widget)) {
      return undefined;
    }
    const uri = uriOf(widget, this.rootUri);
    let synced = this.synced.get(widget);
    if (synced && synced.uri !== uri) {
      synced.close(); // It was renamed.
      synced = undefined;
    }
    if (synced) {
      synced.update();
    } else if ((synced = this.open(widget, uri))) {
      this.synced.set(widget, synced);
      this.follow(widget);
    }
    return isNotebook(widget) ? activeCellUri(widget, uri) : synced?.uri;
  }

  private open(widget: FileWidget, uri: string): Synced | undefined {
    if (isNotebook(widget)) {
      const notebook = new SyncedNotebook(this.sender, uri, cellsOf(widget, uri));
      return {
        uri,
        update: () => notebook.update(cellsOf(widget, uri)),
        saved: () => notebook.saved(),
        close: () => notebook.close(),
      };
    }
    return isEditor(widget) ? this.openText(uri, languageOfMime(widget.content.model.mimeType), () => widget.content.model.sharedModel.getSource()) : undefined;
  }

  private openText(uri: string, languageId: string, read: () => string): Synced {
    let [text, version] = [read(), 1];
    this.sender.notify("textDocument/didOpen", { textDocument: { uri, languageId, version, text } });
    return {
      uri,
      update: () => {
        const now = read();
        const edit = editBetween(text, now);
        text = now;
        if (edit) {
          this.sender.notify("textDocument/didChange", { textDocument: { uri, version: ++version }, contentChanges: [edit] });
        }
      },
      saved: () => this.sender.notify("textDocument/didSave", { textDocument: { uri } }),
      close: () => this.sender.notify("textDocument/didClose", { textDocument: { uri } }),
    };
  }

  /** Send a widget's changes as they come, so that a request which they contradict ends; once for each widget. */
  private follow(widget: FileWidget): void {
    if (this.followed.has(widget)) {
      return;
    }
    this.followed.add(widget);
    let isDue = false;
    widget.context.model.contentChanged.connect(() => {
      if (!isDue) {
        isDue = true;
        queueMicrotask(() => {
          isDue = false;
          if (!widget.isDisposed && this.synced.has(widget)) {
            this.update(widget);
          }
        });
      }
    });
    widget.context.saveState.connect((_, state) => {
      if (state === "completed") {
        this.synced.get(widget)?.saved();
      }
    });
    widget.disposed.connect(() => {
      this.synced.get(widget)?.close();
      this.synced.delete(widget);
    });
  }
}
