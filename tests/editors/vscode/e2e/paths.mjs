/** Where things are. */

import * as path from "node:path";

export const ROOT = path.resolve(import.meta.dirname, "../../../..");
export const CACHE = path.join(ROOT, ".cache", "editors");
export const UV = path.join(CACHE, "uv", "bin", "uv");
export const VSIX = path.join(ROOT, "editors", "vscode", "dist", "fim-language-server.vsix");

/** Screenshots: for the docs where FIM_PICTURES names a directory, else for whoever has to find out what went wrong. */
export const PICTURES = path.resolve(ROOT, process.env.FIM_PICTURES ?? ".cache/editors/pictures");
