/** The place of the ghost text that the editor shows, as far as the server's answers tell. Pure. */

import type { DocumentVersion, Position } from "./offer";

/** Ms after a key until it is believed that the editor does not ask for ghost text again. */
export const GHOST_PATIENCE_MS = 1000;

interface Place extends DocumentVersion {
  readonly position: Position;
}

export class GhostPlace {
  private place: Place | undefined;
  /** A place in an older text, which is about to be forgotten. */
  private old: Place | undefined;

  /** `forgotten` is called where the editor has not asked again after a key. */
  constructor(
    private readonly later: (ms: number, act: () => void) => void,
    private readonly forgotten: () => void,
  ) {}

  note(document: DocumentVersion, position: Position): void {
    this.place = { ...document, position };
  }

  forget(): void {
    this.place = undefined;
  }

  /** Is it at a place of a document in a version? After a key it counts as being there until the server's next answer. */
  isAt(uri: string, version: number | undefined, { line, character }: Position): boolean {
    const { place } = this;
    if (place === undefined || place.uri !== uri) {
      return false;
    }
    if (place.version !== version) {
      this.forgetLater(place);
      return true;
    }
    return place.position.line === line && place.position.character === character;
  }

  private forgetLater(place: Place): void {
    if (this.old === place) {
      return;
    }
    this.old = place;
    this.later(GHOST_PATIENCE_MS, () => {
      if (this.place === place) {
        this.place = undefined;
        this.forgotten();
      }
    });
  }
}
