/** The real server, with `embedded.instantGuess`: its own model's text until a slow API has answered, then the API's. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CodeServer } from "./code_server.mjs";
import { FimApi, KEY } from "./fim_api.mjs";
import { ROOT } from "./paths.mjs";
import { until } from "./until.mjs";

/** As often the one name as the other: no guess among them is sure. */
const NAMES = ["compute", "compare", "complete", "compress"];
const others = Array.from({ length: 8 }, (_, n) => `def f${n}(values):\n    total = ${NAMES[n % 4]}(values)\n    return total\n`);
const BEGUN = `${others.join("\n\n")}\n\ndef g(values):\n    total = com`;

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
      // A request whose reader was given the guess lives on this long: longer than the API is slow here.
      "fim.trigger.lingerMs": 30_000,
      "fim.server.command": [`${ROOT}/.venv/bin/fim-language-server`],
    },
    env: { CODESTRAL_API_KEY: KEY },
  });
  window = await code.open("project", { "other.py": others.join("\n\n"), "g.py": BEGUN });
  await until(async () => (await code.output()).includes("indexed"), "the index");
});

after(async () => {
  await code?.stop();
  await api?.stop();
});

test("a guess is shown while the API is silent, and its text takes the guess's place without a key", async () => {
  await api.act({ first_byte_after: 3 });
  await window.edit("g.py");
  // One key: a guess that is typed into stays.
  await window.type("p");
  await window.waitForGhost((ghost) => NAMES.some((name) => ghost === `${name.slice("comp".length)}(values)`));
  await window.waitForGhost((ghost) => ghost === "ose(values)");
  await window.press("Tab");
  await window.waitForText("total = compose(values)");
});
