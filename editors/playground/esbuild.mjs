// Bundles the page into the Python package, from which `fim-language-server playground` serves it.
// With --tests: the tests of its rules, into tests/editors/playground/build.
import { copyFileSync, globSync, rmSync } from "node:fs";
import { build } from "esbuild";

const tests = "../../tests/editors/playground";
const page = "../../server/fim_language_server/web/page";

if (process.argv.includes("--tests")) {
  await build({
    entryPoints: globSync(`${tests}/unit/*.test.ts`),
    outdir: `${tests}/build`,
    bundle: true,
    platform: "node",
    format: "cjs",
    sourcemap: "inline",
    logLevel: "warning",
  });
} else {
  rmSync(page, { recursive: true, force: true });
  await build({
    entryPoints: { playground: "src/main.ts", "editor.worker": "monaco-editor/editor/editor.worker.js" },
    outdir: page,
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    loader: { ".ttf": "file" },
    assetNames: "[name]",
    legalComments: "none",
    logLevel: "warning",
  });
  copyFileSync("page/index.html", `${page}/index.html`);
  copyFileSync("page/style.css", `${page}/style.css`);
  copyFileSync("node_modules/monaco-editor/ThirdPartyNotices.txt", `${page}/ThirdPartyNotices.txt`);
  copyFileSync("node_modules/monaco-editor/LICENSE", `${page}/monaco-editor.LICENSE.txt`);
}
