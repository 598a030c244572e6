/**
 * `$/fim/refresh`: the server has a better text than the one it answered last, for the place it was last asked at
 * (docs/protocol.md). VS Code is made to ask again, where that is still the place the user is typing at.
 *
 * Pure: what VS Code shows and does comes in as `Editor`.
 */

/** A cursor in a text, in the server's words: columns are UTF-16 units, the one encoding VS Code negotiates. */
export interface Place {
  readonly uri: string;
  readonly version: number;
  readonly line: number;
  readonly character: number;
}

/** The editor that the user is in. */
export interface Editor {
  /** Where the cursor is; undefined where there is none, or something is selected. */
  place(): Place | undefined;
  /** Take the ghost text away, and ask again. */
  askAgain(): Thenable<void>;
}

/** Read a `$/fim/refresh` notification; undefined where it is none. */
export function readRefresh(params: unknown): Place | undefined {
  const { uri, version, line, character } = (params ?? {}) as Record<string, unknown>;
  const numbers = [version, line, character];
  const isPlace = typeof uri === "string" && numbers.every((number) => Number.isInteger(number));
  return isPlace ? ({ uri, version, line, character } as Place) : undefined;
}

/** Asks again where the server says so, and knows the request that comes of it. */
export class Refreshes {
  private awaited: Place | undefined;
  private dismissed: Place | undefined;

  constructor(private readonly editor: Editor) {}

  /** Take a notification. */
  async receive(params: unknown): Promise<void> {
    const refresh = readRefresh(params);
    const here = this.editor.place();
    const isDismissed = this.dismissed !== undefined && here !== undefined && isSame(this.dismissed, here);
    if (refresh === undefined || here === undefined || !isSame(refresh, here) || isDismissed) {
      return;
    }
    this.awaited = here;
    try {
      await this.editor.askAgain();
    } finally {
      // VS Code may not ask: in a read-only file, say. The next request by hand is not ours, then.
      if (this.awaited === here) {
        this.awaited = undefined;
      }
    }
  }

  /** Take note that the user took the text away at the cursor: until the next key no other comes by itself. */
  noteDismissal(): void {
    this.dismissed = this.editor.place();
  }

  /** Take note that the user asked by hand: what comes is wanted again. */
  noteAskedByHand(): void {
    this.dismissed = undefined;
  }

  /** Does a request at this place come of a notification? It is to be sent as one that typing caused. */
  takes(place: Place): boolean {
    const taken = this.awaited !== undefined && isSame(this.awaited, place);
    this.awaited = undefined;
    return taken;
  }
}

function isSame(one: Place, other: Place): boolean {
  return one.uri === other.uri && one.version === other.version && one.line === other.line && one.character === other.character;
}
