/** Draws a next edit with decorations, and makes it. What is drawn when is decided in `next-edit/nextEdits.ts`. */

import * as vscode from "vscode";
import type { Text } from "../../next-edit/change";
import type { Cursor } from "../../next-edit/hint";
import { SHOWN, TAKES_TAB } from "../../next-edit/keys";
import type { Drawn, Screen } from "../../next-edit/nextEdits";
import type { Edit, Position, Range } from "../../next-edit/offer";
import { expandTabs, layBox } from "./nextEditBox";
import type { StatusBar } from "./statusBar";

/** Columns between the end of the cursor's line and the hint. */
const HINT_GAP = 3;

/** More of an inserted text would leave the screen; the hover has all of it. */
const LONGEST = 300;

const GHOST = new vscode.ThemeColor("editorGhostText.foreground");

/** The colour of ghost text is too faint to be read on the background of a diff. */
const ADDED = {
  color: new vscode.ThemeColor("editor.foreground"),
  backgroundColor: new vscode.ThemeColor("diffEditor.insertedTextBackground"),
  fontStyle: "italic",
};

export class NextEditScreen implements Screen, vscode.Disposable {
  private readonly removed = vscode.window.createTextEditorDecorationType({
    backgroundColor: new vscode.ThemeColor("diffEditor.removedTextBackground"),
    // Not by colour alone.
    textDecoration: "line-through",
    overviewRulerColor: new vscode.ThemeColor("editorOverviewRuler.modifiedForeground"),
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
  });
  private readonly inserted = vscode.window.createTextEditorDecorationType({ after: ADDED });
  private readonly above = vscode.window.createTextEditorDecorationType(markedAt("1px 0 0 0"));
  private readonly below = vscode.window.createTextEditorDecorationType(markedAt("0 0 1px 0"));
  private readonly hint = vscode.window.createTextEditorDecorationType({
    after: { color: GHOST, fontStyle: "italic", margin: `0 0 0 ${HINT_GAP}ch` },
  });

  constructor(private readonly bar: StatusBar) {}

  cursor(): Cursor | undefined {
    const editor = vscode.window.activeTextEditor;
    if (editor === undefined || editor.selections.length !== 1) {
      return undefined;
    }
    const { active } = editor.selection;
    return {
      uri: editor.document.uri.toString(),
      position: positionOf(active),
      before: editor.document.lineAt(active.line).text.slice(0, active.character),
      isVisible: (line) => editor.visibleRanges.some(({ start, end }) => start.line <= line && line <= end.line),
    };
  }

  versionOf(uri: string): number | undefined {
    return findDocument(uri)?.version;
  }

  textOf(uri: string): Text | undefined {
    const document = findDocument(uri);
    return document && textOf(document);
  }

  draw(drawn: Drawn | undefined): void {
    for (const editor of vscode.window.visibleTextEditors) {
      this.drawIn(editor, drawn);
    }
    this.bar.showNextEdit(drawn);
    void vscode.commands.executeCommand("setContext", SHOWN, drawn !== undefined);
    void vscode.commands.executeCommand("setContext", TAKES_TAB, drawn?.takesTab === true);
  }

  hold(): void {
    void vscode.commands.executeCommand("setContext", SHOWN, false);
  }

  later(ms: number, act: () => void): void {
    setTimeout(act, ms);
  }

  async jump(edit: Edit): Promise<void> {
    const document = findDocument(edit.document.uri);
    if (document === undefined) {
      return;
    }
    const active = vscode.window.activeTextEditor;
    const editor = active?.document === document ? active : await vscode.window.showTextDocument(document);
    const range = rangeOf(edit.range);
    editor.selection = new vscode.Selection(range.start, range.start);
    editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  }

  async apply(edit: Edit): Promise<boolean> {
    const editor = vscode.window.activeTextEditor;
    if (editor?.document.uri.toString() !== edit.document.uri || editor.document.version !== edit.document.version) {
      return false;
    }
    const range = rangeOf(edit.range);
    const isMade = await editor.edit((builder) => builder.replace(range, edit.text), { undoStopBefore: true, undoStopAfter: true });
    if (isMade) {
      const end = endOf(range.start, edit.text);
      editor.selection = new vscode.Selection(end, end);
      editor.revealRange(new vscode.Range(end, end), vscode.TextEditorRevealType.Default);
    }
    return isMade;
  }

  dispose(): void {
    for (const type of [this.removed, this.inserted, this.above, this.below, this.hint]) {
      type.dispose();
    }
  }

  private drawIn(editor: vscode.TextEditor, drawn: Drawn | undefined): void {
    const uri = editor.document.uri.toString();
    const isHere = drawn !== undefined && drawn.edit.document.uri === uri;
    const pieces = isHere ? this.pieces(editor, drawn) : new Map<vscode.TextEditorDecorationType, vscode.DecorationOptions[]>();
    if (drawn?.hint?.uri === uri && editor === vscode.window.activeTextEditor) {
      const end = editor.document.lineAt(drawn.hint.line).range.end;
      pieces.set(this.hint, [{ range: new vscode.Range(end, end), hoverMessage: drawn.description, renderOptions: { after: { contentText: drawn.hint.text } } }]);
    }
    for (const type of [this.removed, this.inserted, this.above, this.below, this.hint]) {
      editor.setDecorations(type, pieces.get(type) ?? []);
    }
  }

  private pieces(editor: vscode.TextEditor, { change, description, edit }: Drawn): Map<vscode.TextEditorDecorationType, vscode.DecorationOptions[]> {
    const tabSize = typeof editor.options.tabSize === "number" ? editor.options.tabSize : 4;
    const hoverMessage = new vscode.MarkdownString(description);
    if (edit.text.trim()) {
      hoverMessage.appendCodeblock(edit.text, editor.document.languageId);
    }
    if (change.kind === "characters") {
      const range = rangeOf(change.range);
      const text = expandTabs(change.text, tabSize);
      const contentText = fixed(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
      return new Map([
        [this.removed, range.isEmpty ? [] : [{ range, hoverMessage }]],
        [this.inserted, contentText ? [{ range, hoverMessage, renderOptions: { after: { contentText } } }] : []],
      ]);
    }
    const { first, removed, lines } = change;
    const lineEnd = (line: number) => editor.document.lineAt(line).range.end;
    const rows = lines.length > 0 ? layBox(change, textOf(editor.document), tabSize) : [];
    const isAtEnd = first >= editor.document.lineCount;
    const mark = removed > 0 ? [] : [{ range: editor.document.lineAt(isAtEnd ? first - 1 : first).range }];
    return new Map([
      [this.removed, Array.from({ length: removed }, (_, n) => ({ range: wordsOf(editor.document.lineAt(first + n)), hoverMessage }))],
      [isAtEnd ? this.below : this.above, mark],
      [
        this.inserted,
        rows.map(({ line, gap, text }) => ({
          range: new vscode.Range(lineEnd(line), lineEnd(line)),
          hoverMessage,
          renderOptions: { after: { contentText: fixed(text), margin: `0 0 0 ${gap}ch` } },
        })),
      ],
    ]);
  }
}

/** A line without its indentation; a blank one whole. */
function wordsOf({ range, firstNonWhitespaceCharacterIndex, isEmptyOrWhitespace }: vscode.TextLine): vscode.Range {
  return isEmptyOrWhitespace ? range : new vscode.Range(range.start.translate(0, firstNonWhitespaceCharacterIndex), range.end);
}

/** A thin line where new lines come in. */
function markedAt(borderWidth: string): vscode.DecorationRenderOptions {
  return { isWholeLine: true, borderWidth, borderStyle: "dashed", borderColor: new vscode.ThemeColor("editorGutter.addedBackground") };
}

/** Blanks that the drawing keeps. */
function fixed(text: string): string {
  return text.replaceAll(" ", "\u00a0");
}

function findDocument(uri: string): vscode.TextDocument | undefined {
  return vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri);
}

function textOf(document: vscode.TextDocument): Text {
  return { lineCount: document.lineCount, line: (number) => document.lineAt(number).text };
}

function positionOf({ line, character }: vscode.Position): Position {
  return { line, character };
}

function rangeOf({ start, end }: Range): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}

/** Return where a text ends that begins at a place. */
function endOf(start: vscode.Position, text: string): vscode.Position {
  const lines = text.split(/\r\n|\r|\n/);
  const last = lines.at(-1) ?? "";
  return new vscode.Position(start.line + lines.length - 1, (lines.length === 1 ? start.character : 0) + last.length);
}
