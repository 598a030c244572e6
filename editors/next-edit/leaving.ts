/**
 * The moment at which the cursor leaves the word that was edited last: the name is finished then, and the server may look
 * for what follows from it without another key. Pure.
 */

import type { Cursor } from "./hint";
import type { Position } from "./offer";

/** Ms for which the cursor has to rest: it may only pass by. */
export const REST_MS = 200;

/** Times that the server is told after one edit. */
const MOST_TOLD = 3;

interface LastEdit {
  readonly uri: string;
  readonly version: number;
  /** Where the cursor was after it; unknown until the editor tells of that, which comes after the edit itself. */
  place?: Position;
  /** Where the word before that place begins. */
  wordStart: number;
  told: number;
}

export class Leaving {
  private edit: LastEdit | undefined;
  private isWaiting = false;

  /** `tell` is called with where the cursor rests, outside of the word. */
  constructor(
    private readonly now: () => { cursor: Cursor | undefined; version: number | undefined },
    private readonly later: (ms: number, act: () => void) => void,
    private readonly tell: (cursor: Cursor, version: number) => void,
  ) {}

  /** Look where the cursor is now: a text was edited, or the cursor moved. */
  look(): void {
    const { cursor, version } = this.now();
    if (cursor === undefined || version === undefined) {
      return;
    }
    if (this.edit?.uri !== cursor.uri) {
      // A document that was opened is not edited yet.
      this.edit = { uri: cursor.uri, version, wordStart: 0, told: MOST_TOLD };
    } else if (this.edit.version !== version) {
      this.edit = { uri: cursor.uri, version, wordStart: 0, told: 0 };
    } else if (this.edit.place === undefined) {
      this.edit.place = cursor.position;
      this.edit.wordStart = cursor.position.character - (/[\p{L}\p{N}\p{M}_$]*$/u.exec(cursor.before)?.[0].length ?? 0);
    } else if (!this.isWaiting && this.hasLeft(cursor)) {
      this.isWaiting = true;
      this.later(REST_MS, () => this.tellOf(cursor));
    }
  }

  private tellOf(before: Cursor): void {
    this.isWaiting = false;
    const { cursor } = this.now();
    const edit = this.current(cursor);
    if (cursor === undefined || edit === undefined || !this.hasLeft(cursor)) {
      return;
    }
    if (cursor.position.line !== before.position.line || cursor.position.character !== before.position.character) {
      this.look(); // It is still on its way.
      return;
    }
    edit.told += 1;
    this.tell(cursor, edit.version);
  }

  /** Return the last edit, where the cursor's document is as it left it. */
  private current(cursor: Cursor | undefined): LastEdit | undefined {
    const { edit } = this;
    return edit !== undefined && edit.uri === cursor?.uri && edit.version === this.now().version ? edit : undefined;
  }

  private hasLeft({ position }: Cursor): boolean {
    const { place, wordStart, told } = this.edit ?? { place: undefined, wordStart: 0, told: MOST_TOLD };
    if (place === undefined || told >= MOST_TOLD) {
      return false;
    }
    return position.line !== place.line || position.character < wordStart || position.character > place.character;
  }
}
