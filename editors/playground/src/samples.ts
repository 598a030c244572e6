/** The languages of the picker, and a first text for each: one in which the embedded model, too, has something to say. */

import samples from "./samples.json";

export interface Sample {
  /** The protocol's language id; `monaco` is the editor's, where it differs. */
  id: string;
  monaco?: string;
  label: string;
  extension: string;
  /** The cursor begins at its end. */
  text: string;
}

export const SAMPLES: readonly Sample[] = samples;

/** Return a language by its id; one that is not known is shown without colours. */
export function languageOf(id: string): Sample {
  return SAMPLES.find((it) => it.id === id) ?? { id, monaco: "plaintext", label: id, extension: "txt", text: "" };
}
