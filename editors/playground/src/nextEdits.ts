/** Next edits in the page: drawn by Monaco, taken with Tab, dismissed with Escape. What is drawn when: `next-edit/nextEdits.ts`. */

import type { Change, Text } from "../../next-edit/change";
import type { Cursor } from "../../next-edit/hint";
import { ESCAPE_WHEN, SHOWN, TAB_WHEN, TAKES_TAB } from "../../next-edit/keys";
import { type Drawn, NextEdits, type Screen } from "../../next-edit/nextEdits";
import type { Edit } from "../../next-edit/offer";
import type { Connection } from "./connection";
import { fromLspRange, toLspPosition, uriOf } from "./document";
import { monaco } from "./monaco";

type Editor = monaco.editor.IStandaloneCodeEditor;
type Decoration = monaco.editor.IModelDeltaDecoration;

/** Show what the server offers, and bind the keys. `say` is told of each edit in a sentence, and "" where there is none. */
export function offerNextEdits(connection: Connection, editor: Editor, say: (sentence: string) => void): NextEdits {
  const tell = (command: string, id: string) => {
    connection.request("workspace/executeCommand", { command, arguments: [id] }).catch(() => {});
  };
  const edits = new NextEdits(new EditorScreen(editor, say), {
    shown: (id) => connection.notify("textDocument/didShowInlineEdit", { item: { command: { arguments: [id] } } }),
    moved: (textDocument, position) => connection.notify("fim/didMoveCursor", { textDocument, position }),
    accepted: (id) => tell("fim.acceptNextEdit", id),
    dismissed: (id) => tell("fim.dismissNextEdit", id),
  });
  connection.on("fim/nextEdit", (params) => edits.receive(params));
  for (const watch of [editor.onDidChangeModelContent, editor.onDidChangeCursorSelection, editor.onDidScrollChange, editor.onDidChangeModel]) {
    watch(() => edits.refresh());
  }
  const take = async () => {
    // Where it has gone just now, Tab is a Tab.
    if (!(await edits.take())) editor.trigger("playground", "tab", {});
  };
  monaco.editor.addCommand({ id: "fim.takeNextEdit", run: take });
  monaco.editor.addCommand({ id: "fim.hideNextEdit", run: () => edits.dismiss() });
  monaco.editor.addKeybindingRules([
    { keybinding: monaco.KeyCode.Tab, command: "fim.takeNextEdit", when: TAB_WHEN },
    { keybinding: monaco.KeyCode.Escape, command: "fim.hideNextEdit", when: ESCAPE_WHEN },
  ]);
  return edits;
}

class EditorScreen implements Screen {
  private readonly decorations: monaco.editor.IEditorDecorationsCollection;
  private readonly isShown: monaco.editor.IContextKey<boolean>;
  private readonly takesTab: monaco.editor.IContextKey<boolean>;
  private zone: string | undefined;

  constructor(
    private readonly editor: Editor,
    private readonly say: (sentence: string) => void,
  ) {
    this.decorations = editor.createDecorationsCollection();
    this.isShown = editor.createContextKey(SHOWN, false);
    this.takesTab = editor.createContextKey(TAKES_TAB, false);
  }

  cursor(): Cursor | undefined {
    const model = this.editor.getModel();
    const [selection, ...others] = this.editor.getSelections() ?? [];
    if (!model || !selection || others.length > 0) return undefined;
    const position = selection.getPosition();
    return {
      uri: uriOf(model),
      position: toLspPosition(position),
      before: model.getLineContent(position.lineNumber).slice(0, position.column - 1),
      isVisible: (line) => this.editor.getVisibleRanges().some((range) => range.startLineNumber <= line + 1 && line + 1 <= range.endLineNumber),
    };
  }

  versionOf(uri: string): number | undefined {
    return this.modelOf(uri)?.getVersionId();
  }

  textOf(uri: string): Text | undefined {
    const model = this.modelOf(uri);
    return model && { lineCount: model.getLineCount(), line: (number) => model.getLineContent(number + 1) };
  }

  draw(drawn: Drawn | undefined): void {
    this.decorations.set(drawn ? decorationsOf(drawn, this.editor.getModel()) : []);
    this.editor.changeViewZones((zones) => {
      if (this.zone !== undefined) zones.removeZone(this.zone);
      this.zone = drawn && this.addLines(zones, drawn.change);
    });
    this.isShown.set(drawn !== undefined);
    this.takesTab.set(drawn?.takesTab === true);
    this.say(drawn?.description ?? "");
  }

  hold(): void {
    this.isShown.set(false);
  }

  later(ms: number, act: () => void): void {
    setTimeout(act, ms);
  }

  async jump({ range }: Edit): Promise<void> {
    const target = fromLspRange(range);
    this.editor.setPosition({ lineNumber: target.startLineNumber, column: target.startColumn });
    this.editor.revealRangeInCenterIfOutsideViewport(target);
  }

  async apply({ document, range, text }: Edit): Promise<boolean> {
    if (this.versionOf(document.uri) !== document.version) return false;
    this.editor.pushUndoStop();
    const isMade = this.editor.executeEdits("fim", [{ range: fromLspRange(range), text, forceMoveMarkers: true }], (undo) => {
      const end = undo[0]?.range;
      return end ? [new monaco.Selection(end.endLineNumber, end.endColumn, end.endLineNumber, end.endColumn)] : null;
    });
    this.editor.pushUndoStop();
    return isMade;
  }

  /** Return the page's one document, if it is this one. */
  private modelOf(uri: string): monaco.editor.ITextModel | undefined {
    const model = this.editor.getModel();
    return model && uriOf(model) === uri ? model : undefined;
  }

  /** Draw new lines between the lines of the text, where they come in. */
  private addLines(zones: monaco.editor.IViewZoneChangeAccessor, change: Change): string | undefined {
    if (change.kind !== "lines" || change.lines.length === 0) return undefined;
    const domNode = document.createElement("div");
    domNode.className = "next-edit-lines";
    domNode.style.tabSize = String(this.editor.getModel()?.getOptions().tabSize ?? 4);
    this.editor.applyFontInfo(domNode);
    for (const line of change.lines) {
      const drawn = document.createElement("div");
      drawn.textContent = line || " ";
      domNode.append(drawn);
    }
    return zones.addZone({ afterLineNumber: change.first + change.removed, heightInLines: change.lines.length, domNode });
  }
}

function decorationsOf({ change, hint, description }: Drawn, model: monaco.editor.ITextModel | null): Decoration[] {
  const hoverMessage = { value: description };
  const removed = (range: monaco.IRange): Decoration => ({ range, options: { inlineClassName: "next-edit-removed", hoverMessage } });
  const behind = (lineNumber: number, column: number, content: string, inlineClassName: string): Decoration => ({
    range: { startLineNumber: lineNumber, startColumn: column, endLineNumber: lineNumber, endColumn: column },
    options: { showIfCollapsed: true, after: { content, inlineClassName }, hoverMessage },
  });
  const drawn: Decoration[] = [];
  if (change.kind === "characters") {
    const range = fromLspRange(change.range);
    drawn.push(removed(range), behind(range.endLineNumber, range.endColumn, change.text, "next-edit-inserted"));
  } else if (model) {
    for (let line = change.first + 1; line <= change.first + change.removed; line++) {
      const first = model.getLineFirstNonWhitespaceColumn(line) || 1;
      drawn.push(removed({ startLineNumber: line, startColumn: first, endLineNumber: line, endColumn: model.getLineMaxColumn(line) }));
    }
  }
  if (hint && model) drawn.push(behind(hint.line + 1, model.getLineMaxColumn(hint.line + 1), `   ${hint.text}`, "next-edit-hint"));
  return drawn;
}
