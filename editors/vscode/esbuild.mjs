// Bundles the extension into dist/extension.js: one file loads faster than the dependencies' hundreds.
// With --tests: its tests, into tests/editors/vscode/build.
import { globSync } from "node:fs";
import { build } from "esbuild";

const tests = "../../tests/editors/vscode";
const target = process.argv.includes("--tests")
  ? { entryPoints: globSync(`${tests}/unit/*.test.ts`), outdir: `${tests}/build`, sourcemap: "inline" }
  : { entryPoints: ["src/extension.ts"], outfile: "dist/extension.js", minify: true };

await build({
  ...target,
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  external: ["vscode"],
  legalComments: "none",
  logLevel: "warning",
});
