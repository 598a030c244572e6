/** Places in a text as the protocol counts them: both from zero, columns in UTF-16 units. */

export interface LspPosition {
  line: number;
  character: number;
}

export interface LspRange {
  start: LspPosition;
  end: LspPosition;
}
