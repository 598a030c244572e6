/** The real server, with `embedded.instantGuess`: its own model's text until a slow API has answered, then the API's. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CodeServer } from "./code_server.mjs";
import { FimApi, KEY } from "./fim_api.mjs";
import { ROOT } from "./paths.mjs";
import { until } from "./until.mjs";

/** A file in which a value comes from the one of four functions as often as from the other: no guess is sure. */
function undecided(functions, value) {
  const uses = Array.from({ length: 8 }, (_, n) => `def f${n}(${value}):\n    total = ${functions[n % 4]}(${value})\n    return total\n`);
  return uses.join("\n\n");
}

const FUNCTIONS = ["compute", "compare", "complete", "compress"];
const BEGUN = `${undecided(FUNCTIONS, "values")}\n\ndef g(values):\n    total = com`;

let api;
let code;
let window;

before(async () => {
  api = await FimApi.start([`${BEGUN}pose(values)\n`]);
  code = await CodeServer.start({
    settings: {
      "fim.provider.url": api.url,
      "fim.embedded.instantGuess": true,
      "fim.embedded.minConfidence": 0.1,
      "fim.server.command": [`${ROOT}/.venv/bin/fim-language-server`],
    },
    env: { CODESTRAL_API_KEY: KEY },
  });
  window = await code.open("project", { "slow.py": BEGUN });
  await until(async () => (await code.output()).includes("indexed"), "the index");
});

after(async () => {
  await code?.stop();
  await api?.stop();
});

test("a guess is shown while the API is silent, and its text takes the guess's place without a key", async () => {
  await api.act({ first_byte_after: 3 });
  await window.edit("slow.py");
  // One key: a guess that is typed into stays.
  await window.type("p");
  await window.waitForGhost((ghost) => FUNCTIONS.some((name) => ghost === `${name.slice("comp".length)}(values)`));
  await window.waitForGhost((ghost) => ghost === "ose(values)");
  await window.press("Tab");
  await window.waitForText("total = compose(values)");
});
