/** The texts of JupyterLab's widgets: notebooks and files, as they are at this moment. */

import type { DocumentRegistry } from "@jupyterlab/docregistry";
import type { Widget } from "@lumino/widgets";
import type { Cell } from "./cells";

/** A widget that shows a file: a notebook, or an editor. */
export interface FileWidget extends Widget {
  context: DocumentRegistry.IContext<DocumentRegistry.IModel>;
}

interface CellWidget {
  model: { id: string; type: string; sharedModel: { getSource(): string } };
}

interface NotebookWidget extends FileWidget {
  content: Widget & { widgets: CellWidget[]; activeCell: CellWidget | null };
}

interface EditorWidget extends FileWidget {
  content: Widget & { model: { mimeType: string; sharedModel: { getSource(): string } } };
}

/** Names of kernels' languages that editors call otherwise. */
const LANGUAGES: Record<string, string> = {
  ipython: "python",
  ipython3: "python",
  python3: "python",
  "c++": "cpp",
  "c++17": "cpp",
  bash: "shellscript",
  sh: "shellscript",
  shell: "shellscript",
  ipythongfm: "markdown",
  gfm: "markdown",
};

export function isFile(widget: Widget): widget is FileWidget {
  return typeof (widget as FileWidget).context?.path === "string";
}

export function isNotebook(widget: Widget): widget is NotebookWidget {
  return isFile(widget) && Array.isArray((widget as NotebookWidget).content?.widgets);
}

export function isEditor(widget: Widget): widget is EditorWidget {
  return isFile(widget) && typeof (widget as EditorWidget).content?.model?.mimeType === "string";
}

/** Return the URI of a widget's file: `path` counts from the folder that Jupyter serves; a drive's name is left out. */
export function uriOf(widget: FileWidget, rootUri: string): string {
  const path = widget.context.path.replace(/^[^/]*:/, "");
  return `${rootUri.replace(/\/$/, "")}/${path.split("/").map(encodeURIComponent).join("/")}`;
}

/** Return the cells of a notebook; only a cell's id tells one from another. */
export function cellsOf(notebook: NotebookWidget, uri: string): Cell[] {
  const language = languageOf(notebook);
  return notebook.content.widgets.map(({ model }) => ({
    uri: cellUri(uri, model.id),
    language: model.type === "code" ? language : model.type === "markdown" ? "markdown" : "plaintext",
    isMarkup: model.type === "markdown",
    text: model.sharedModel.getSource(),
  }));
}

export function activeCellUri(notebook: NotebookWidget, uri: string): string | undefined {
  const active = notebook.content.activeCell;
  return active ? cellUri(uri, active.model.id) : undefined;
}

/** Return the language id of a MIME type such as `text/x-python`. */
export function languageOfMime(mimeType: string): string {
  return languageId(mimeType.replace(/^[^/]*\/(x-)?/, "").replace(/;.*|(-?src|-source)$/g, ""));
}

function languageOf(notebook: NotebookWidget): string {
  const model = notebook.context.model as DocumentRegistry.IModel & { getMetadata?(key: string): unknown };
  const ofKernel = (key: string, field: string) => (model.getMetadata?.(key) as Record<string, unknown> | undefined)?.[field];
  const name = ofKernel("language_info", "name") ?? ofKernel("kernelspec", "language") ?? model.defaultKernelLanguage;
  return languageId(String(name || "python"));
}

function languageId(name: string): string {
  const lowered = name.toLowerCase();
  return LANGUAGES[lowered] ?? lowered;
}

function cellUri(notebookUri: string, id: string): string {
  return `${notebookUri.replace(/^file:/, "jupyter-cell:")}#${encodeURIComponent(id)}`;
}
