/** `$/fim/refresh`: a better text is ready for where the server was last asked (docs/protocol.md). Pure. */

import type { LspPosition } from "./position";

/** A place in a version of a document. */
export interface Place extends LspPosition {
  uri: string;
  version: number;
}

/** Is it worth asking again: is the user still there, with the text as it was, and not done with it? */
export function isStillWanted(refreshed: Place, here: Place, dismissed: Place | undefined): boolean {
  return isSame(refreshed, here) && !(dismissed && isSame(dismissed, here));
}

function isSame(one: Place, other: Place): boolean {
  return one.uri === other.uri && one.version === other.version && one.line === other.line && one.character === other.character;
}
