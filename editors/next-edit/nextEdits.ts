/**
 * The next edits that are offered, and the one that is drawn: when it comes, when it goes, and what the keys do with it.
 * Pure: the editor and the server come in as `Screen` and `Server`.
 */

import { type Change, describeChange, type Text } from "./change";
import { type Cursor, describeOffer, hintOf, isAway, placeOf, takesTab } from "./hint";
import { type DocumentVersion, type Edit, type Offer, type Position, readOffer } from "./offer";

/** The drawing of one edit. */
export interface Drawn {
  readonly edit: Edit;
  readonly change: Change;
  /** A short name of its place: `line 42`. */
  readonly place: string;
  /** A sentence about it, for a tooltip. */
  readonly description: string;
  /** A text behind the cursor's line, while the edit is away. */
  readonly hint: { readonly uri: string; readonly line: number; readonly text: string } | undefined;
  readonly takesTab: boolean;
}

/** What the editor shows, and does. */
export interface Screen {
  /** Return the cursor; undefined where there is none, or more than one. */
  cursor(): Cursor | undefined;
  /** Return the version of an open document; undefined where it is not open. */
  versionOf(uri: string): number | undefined;
  textOf(uri: string): Text | undefined;
  /** Draw this in place of what is drawn. It is called only where that differs. */
  draw(drawn: Drawn | undefined): void;
  /** Put the cursor to the edit's beginning, and show it. */
  jump(edit: Edit): PromiseLike<void>;
  /** Make the edit, as one step of undo, with the cursor behind it; false where that could not be. */
  apply(edit: Edit): PromiseLike<boolean>;
}

/** What the server is told. */
export interface Server {
  shown(id: string): void;
  accepted(id: string): void;
  dismissed(id: string): void;
}

interface Place extends DocumentVersion {
  readonly position: Position;
}

export class NextEdits {
  /** At most one for each open document, by the URI of the one that the user works in. */
  private readonly offers = new Map<string, Offer>();
  private drawn: Drawn | undefined;
  /** What was drawn, to compare. */
  private picture = "";
  /** The edit of which the server was told last that it was shown. */
  private told: string | undefined;
  private ghost: Place | undefined;
  /** Is an edit being made? One key takes one edit, however fast it repeats. */
  private isBusy = false;

  constructor(
    private readonly screen: Screen,
    private readonly server: Server,
  ) {}

  /** The edit that is drawn. */
  get shown(): Edit | undefined {
    return this.drawn?.edit;
  }

  /** Take a `fim/nextEdit` notification; return whether it offers something that holds. */
  receive(params: unknown): boolean {
    const offer = readOffer(params);
    if (offer === undefined) {
      return false;
    }
    const holds = offer.edit !== undefined && this.isCurrent(offer);
    if (holds) {
      this.offers.set(offer.document.uri, offer);
    } else {
      this.offers.delete(offer.document.uri);
    }
    this.refresh();
    return holds;
  }

  /** Draw what is to be seen now: the cursor moved, a text was edited or closed, another editor is active. */
  refresh(): void {
    for (const [uri, offer] of this.offers) {
      if (!this.isCurrent(offer)) {
        this.offers.delete(uri);
      }
    }
    this.draw(this.toDraw());
  }

  /** Draw anew: editors were opened that show none of it yet. */
  redraw(): void {
    this.picture = "";
    this.refresh();
  }

  /** Take note that ghost text is, or is not, at a place: it goes first, and the edit waits. */
  noteGhostText(document: DocumentVersion, position: Position, isThere: boolean): void {
    this.ghost = isThere ? { ...document, position } : undefined;
    this.refresh();
  }

  /** Take note that the ghost text was taken away. */
  noteNoGhostText(): void {
    this.ghost = undefined;
    this.refresh();
  }

  /** Jump to the edit that is drawn, or make it where the cursor is there already. */
  async take(): Promise<void> {
    const cursor = this.screen.cursor();
    const edit = this.drawn?.edit;
    if (edit === undefined || cursor === undefined || this.isBusy) {
      return;
    }
    this.isBusy = true;
    try {
      await this.jumpOrApply(edit, cursor);
    } finally {
      this.isBusy = false;
    }
    this.refresh();
  }

  /** Take the edit that is drawn away; it does not come back. */
  dismiss(): void {
    const edit = this.drawn?.edit;
    if (edit !== undefined) {
      this.drop(edit);
      this.server.dismissed(edit.id);
      this.refresh();
    }
  }

  /** Forget everything: the server is gone, or next edits are switched off. */
  forget(): void {
    this.offers.clear();
    this.ghost = undefined;
    this.draw(undefined);
  }

  private async jumpOrApply(edit: Edit, cursor: Cursor): Promise<void> {
    if (isAway(edit, cursor)) {
      await this.screen.jump(edit);
      return;
    }
    this.drop(edit);
    if (await this.screen.apply(edit)) {
      this.server.accepted(edit.id);
    }
  }

  private drop(edit: Edit): void {
    for (const [uri, offer] of this.offers) {
      if (offer.edit?.id === edit.id) {
        this.offers.delete(uri);
      }
    }
  }

  private isCurrent({ document, edit }: Offer): boolean {
    const documents = edit ? [document, edit.document] : [document];
    return documents.every(({ uri, version }) => this.screen.versionOf(uri) === version);
  }

  private toDraw(): Drawn | undefined {
    const cursor = this.screen.cursor();
    const edit = cursor && this.editFor(cursor.uri);
    const text = edit && this.screen.textOf(edit.document.uri);
    const change = text && describeChange(edit, text);
    if (cursor === undefined || edit === undefined || change === undefined || this.isGhostAt(cursor)) {
      return undefined;
    }
    const { uri, position } = cursor;
    return {
      edit,
      change,
      place: placeOf(edit, uri),
      description: describeOffer(edit, uri),
      hint: isAway(edit, cursor) ? { uri, line: position.line, text: hintOf(edit, cursor) } : undefined,
      takesTab: takesTab(edit, cursor),
    };
  }

  /** Return the edit that is offered in a document, or one that another document's edits led to. */
  private editFor(uri: string): Edit | undefined {
    const own = this.offers.get(uri)?.edit;
    return own ?? [...this.offers.values()].find(({ edit }) => edit?.document.uri === uri)?.edit;
  }

  private isGhostAt({ uri, position }: Cursor): boolean {
    const ghost = this.ghost;
    return (
      ghost?.uri === uri &&
      ghost.version === this.screen.versionOf(uri) &&
      ghost.position.line === position.line &&
      ghost.position.character === position.character
    );
  }

  private draw(drawn: Drawn | undefined): void {
    this.drawn = drawn;
    // An edit that is offered again, under a new name or for a new version, looks as it did: it must not flicker.
    const picture = drawn === undefined ? "" : JSON.stringify({ ...drawn, edit: { ...drawn.edit, id: "", document: drawn.edit.document.uri } });
    if (picture !== this.picture) {
      this.picture = picture;
      this.screen.draw(drawn);
    }
    if (drawn !== undefined && drawn.edit.id !== this.told) {
      this.told = drawn.edit.id;
      this.server.shown(this.told);
    }
  }
}
