// Makes the prebuilt extension in labextension/: the bundle, its package.json, and the schema of its settings. The same
// sources give the same files. With --tests: the tests of its rules, into tests/editors/jupyterlab/build.
//
// A prebuilt extension is a container of module federation: JupyterLab calls `init` with the modules that it shares, then
// `get`. Ours is written here by hand, since all that it needs is JupyterLab's own modules (docs/decisions).
import { createHash } from "node:crypto";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const { name, description, license } = JSON.parse(readFileSync("package.json", "utf8"));
const tests = "../../tests/editors/jupyterlab";
const shared = ["@jupyterlab/*", "@lumino/*"];
const out = "labextension";

if (process.argv.includes("--tests")) {
  await build({
    entryPoints: globSync(`${tests}/unit/*.test.ts`),
    outdir: `${tests}/build`,
    bundle: true,
    platform: "node",
    format: "cjs",
    external: shared,
    sourcemap: "inline",
    logLevel: "warning",
  });
} else {
  rmSync(out, { recursive: true, force: true });
  const { outputFiles, metafile } = await build({
    entryPoints: ["src/index.ts"],
    bundle: true,
    write: false,
    metafile: true,
    format: "cjs",
    target: "es2022",
    external: shared,
    legalComments: "none",
    logLevel: "warning",
  });
  const needed = [...new Set(Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path)))].sort();
  const code = container(outputFiles[0].text, needed);
  const file = `static/remoteEntry.${createHash("sha256").update(code).digest("hex").slice(0, 20)}.js`;
  write(file, code);
  const version = readFileSync("../../server/fim_language_server/__init__.py", "utf8").match(/__version__ = "(.*)"/)[1];
  const jupyterlab = { extension: true, schemaDir: `schemas/${name}`, _build: { load: file, extension: "./extension" } };
  write("package.json", json({ name, version, description, license, jupyterlab }));
  write(`schemas/${name}/plugin.json`, json(schema()));
  write("install.json", json({ packageManager: "python", packageName: "fim-language-server-jupyterlab", uninstallInstructions: "pip uninstall fim-language-server-jupyterlab" }));
}

/** Wrap a bundle, which requires the modules `needed` of JupyterLab, as a container. */
function container(bundle, needed) {
  return `(() => {
let scope;
// Of several versions any will do: a module that JupyterLab shares is a singleton.
const load = async (name) => (await Object.values(scope[name])[0].get())();
(window._JUPYTERLAB ??= {})[${JSON.stringify(name)}] = {
  init(shared) { scope = shared; },
  async get() {
    const names = ${JSON.stringify(needed)};
    const found = new Map(await Promise.all(names.map(async (name) => [name, await load(name)])));
    const module = { exports: {} };
    ((module, exports, require) => {
${bundle}
    })(module, module.exports, (name) => found.get(name));
    return () => module.exports;
  },
};
})();
`;
}

/** The settings of the server as JupyterLab shows them. Without defaults: what the user has not set, the server chooses. */
function schema() {
  const { $defs, properties } = JSON.parse(readFileSync("../../docs/settings.schema.json", "utf8"), (key, value) => {
    if (value === null || typeof value !== "object" || Array.isArray(value) || !("default" in value) || key === "properties") {
      return value;
    }
    const { default: standard, workspace, ...rest } = value;
    return rest;
  });
  return {
    title: "FIM: AI ghost text",
    description: "Settings of fim-language-server. Keys are not among them: they are in the environment of the Jupyter server.",
    type: "object",
    additionalProperties: false,
    properties,
    $defs,
  };
}

function json(value) {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function write(file, text) {
  const path = `${out}/${file}`;
  mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  writeFileSync(path, text);
}
