/**
 * The next edits that are offered, and the one that is drawn: when it comes, when it goes, and what the keys do with it.
 * Pure: the editor and the server come in as `Screen` and `Server`.
 */

import { type Change, describeChange, type Text } from "./change";
import { GhostPlace } from "./ghostPlace";
import { type Cursor, describeOffer, hintOf, isAway, placeOf, takesTab } from "./hint";
import { Leaving } from "./leaving";
import { type DocumentVersion, type Edit, type Offer, type Position, readOffer } from "./offer";

/** The drawing of one edit. */
export interface Drawn {
  readonly edit: Edit;
  /** The URI of the document that the user is in. */
  readonly from: string;
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
  /** Draw this in place of what is drawn, and let the keys mean it. It is called only where that differs. */
  draw(drawn: Drawn | undefined): void;
  /** Leave what is drawn, which moves with the text; no key means it until the next `draw`. */
  hold(): void;
  /** Call something in so many ms. */
  later(ms: number, act: () => void): void;
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
  /** The cursor has left the word that was edited, and rests; nothing is drawn. */
  moved(document: DocumentVersion, position: Position): void;
}

/** Ms that an edit stays drawn, after its document was edited, until the server says whether it still holds. */
const PATIENCE_MS = 300;

/** An offer, and the document that the user was in when it came: an edit in another file is shown there, too. */
interface Known extends Offer {
  readonly from: string;
}

/** A picture that no edit has. */
const HELD = "held";

export class NextEdits {
  /** At most one for each open document, the newest last. */
  private readonly offers = new Map<string, Known>();
  private drawn: Drawn | undefined;
  /** Does what is drawn wait for the server's word? */
  private isHeld = false;
  /** What was drawn, to compare. */
  private picture = "";
  /** The edit of which the server was told last that it was shown. */
  private told: string | undefined;
  private readonly ghost: GhostPlace;
  private readonly leaving: Leaving;
  /** Is an edit being made? One key takes one edit, however fast it repeats. */
  private isBusy = false;

  constructor(
    private readonly screen: Screen,
    private readonly server: Server,
  ) {
    this.ghost = new GhostPlace(
      (ms, act) => screen.later(ms, act),
      () => this.refresh(),
    );
    this.leaving = new Leaving(
      () => {
        const cursor = screen.cursor();
        return { cursor, version: cursor && screen.versionOf(cursor.uri) };
      },
      (ms, act) => screen.later(ms, act),
      ({ uri, position }, version) => this.drawn === undefined && server.moved({ uri, version }, position),
    );
  }

  /** The edit that is drawn. */
  get shown(): Edit | undefined {
    return this.isHeld ? undefined : this.drawn?.edit;
  }

  /** Take a `fim/nextEdit` notification; return whether it offers something that holds. */
  receive(params: unknown): boolean {
    const offer = readOffer(params);
    if (offer === undefined || this.isLate(offer)) {
      return false; // The server's word on the newer text is on its way.
    }
    this.offers.delete(offer.document.uri);
    const holds = offer.edit !== undefined && this.isCurrent(offer);
    if (holds) {
      this.offers.set(offer.document.uri, { ...offer, from: this.screen.cursor()?.uri ?? offer.document.uri });
    } else if (this.drawn?.edit.document.uri === offer.document.uri) {
      this.draw(undefined);
    }
    this.refresh();
    return holds;
  }

  /** Draw what is to be seen now: the cursor moved, a text was edited or closed, another editor is active. */
  refresh(): void {
    this.leaving.look();
    if (this.offers.size === 0 && this.drawn === undefined) {
      return;
    }
    for (const [uri, offer] of this.offers) {
      if (!this.isCurrent(offer)) {
        this.offers.delete(uri);
      }
    }
    const drawn = this.toDraw();
    if (drawn === undefined && this.isEdited()) {
      this.hold();
    } else {
      this.draw(drawn);
    }
  }

  /** Draw anew: editors were opened that show none of it yet. */
  redraw(): void {
    this.picture = HELD;
    this.refresh();
  }

  /** Take note that ghost text is, or is not, at a place: it goes first, and the edit waits. */
  noteGhostText(document: DocumentVersion, position: Position, isThere: boolean): void {
    if (isThere) {
      this.ghost.note(document, position);
    } else {
      this.ghost.forget();
    }
    this.refresh();
  }

  /** Take note that the ghost text was taken away. */
  noteNoGhostText(): void {
    this.ghost.forget();
    this.refresh();
  }

  /**
   * Jump to the edit that is drawn, or make it where the cursor is there already. Returns false where none is drawn any
   * more: the key is to do then what it does by itself.
   */
  async take(): Promise<boolean> {
    const cursor = this.screen.cursor();
    const edit = this.shown;
    if (this.isBusy) {
      return true;
    }
    if (edit === undefined || cursor === undefined) {
      return false;
    }
    this.isBusy = true;
    try {
      await this.jumpOrApply(edit, cursor);
    } finally {
      this.isBusy = false;
    }
    this.refresh();
    return true;
  }

  /** Take the edit that is drawn away; it does not come back. */
  dismiss(): void {
    const edit = this.shown;
    if (edit !== undefined) {
      this.drop(edit);
      this.server.dismissed(edit.id);
      this.refresh();
    }
  }

  /** Forget everything: the server is gone, or next edits are switched off. */
  forget(): void {
    this.offers.clear();
    this.ghost.forget();
    this.draw(undefined);
  }

  private async jumpOrApply(edit: Edit, cursor: Cursor): Promise<void> {
    if (isAway(edit, cursor)) {
      await this.screen.jump(edit);
      return;
    }
    this.drop(edit);
    this.draw(undefined);
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

  /** Is an offer for an older version of its document than the present one? */
  private isLate({ document, edit }: Offer): boolean {
    const version = this.screen.versionOf(document.uri);
    return edit !== undefined && version !== undefined && document.version < version;
  }

  /** Was the document of what is drawn edited since, and is the user still where it is drawn? */
  private isEdited(): boolean {
    const cursor = this.screen.cursor();
    if (this.drawn === undefined || cursor === undefined || this.isGhostAt(cursor)) {
      return false;
    }
    const { uri, version } = this.drawn.edit.document;
    const present = this.screen.versionOf(uri);
    return present !== undefined && present > version && cursor.uri === this.drawn.from;
  }

  private isGhostAt({ uri, position }: Cursor): boolean {
    return this.ghost.isAt(uri, this.screen.versionOf(uri), position);
  }

  private hold(): void {
    if (this.isHeld) {
      return;
    }
    this.isHeld = true;
    this.screen.hold();
    const held = this.drawn;
    this.screen.later(PATIENCE_MS, () => {
      if (this.isHeld && this.drawn === held) {
        this.draw(undefined);
      }
    });
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
      from: uri,
      change,
      place: placeOf(edit, uri),
      description: describeOffer(edit, uri),
      hint: isAway(edit, cursor) ? { uri, line: position.line, text: hintOf(edit, cursor) } : undefined,
      takesTab: takesTab(edit, cursor),
    };
  }

  /** Return the edit that is offered in a document, or the newest one in another file that came while the user was in it. */
  private editFor(uri: string): Edit | undefined {
    const others = [...this.offers.values()].reverse();
    const found = this.offers.get(uri) ?? others.find(({ edit }) => edit?.document.uri === uri) ?? others.find(({ from }) => from === uri);
    return found?.edit;
  }

  private draw(drawn: Drawn | undefined): void {
    if (this.isHeld) {
      this.isHeld = false;
      this.picture = HELD; // The text has changed under it: it is drawn anew.
    }
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
