/**
 * What a workspace's settings can do, in Restricted Mode and where folders are trusted: ask for less than the user's, and
 * never for more. A folder, a workspace file, a folder within one, and settings for one language are tried.
 */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CodeServer, NO_WORDS } from "./code_server.mjs";
import { FimApi, KEY } from "./fim_api.mjs";
import { ROOT } from "./paths.mjs";
import { until } from "./until.mjs";

const STRANGER = "def area_of_stranger(width, height):\n    ";
const OWN = "def spread(numbers):\n    ";
const FILES = { "stranger.py": STRANGER, "own.py": OWN };
const ENV = { MISTRAL_API_KEY: KEY, CODESTRAL_API_KEY: KEY, DEEPSEEK_API_KEY: KEY };

/** All that a folder could say to have more sent, to others, or at a higher price. */
const MORE = {
  "fim.provider.kind": "deepseek",
  "fim.provider.model": "codestral-2405",
  "fim.provider.region": "us",
  "fim.provider.maxTokens": 4096,
  "fim.trigger.mode": "automatic",
  "fim.trigger.exclude": ["!stranger.*"],
  "fim.trigger.languages": { "*": true, python: true },
  "fim.context.prefixChars": 400000,
  "fim.context.snippetChars": 100000,
  "fim.budget.requestsPerMinute": 100000,
  "fim.embedded.indexPackages": true,
  "fim.log.level": "debug",
};

/** The places in which a workspace can say `settings`: files to be made, and the workspace file to open, if any. */
const PLACES = {
  "a folder": (settings) => [{ ...FILES, ".vscode/settings.json": JSON.stringify(settings) }],
  "a folder, for one language": (settings) => [{ ...FILES, ".vscode/settings.json": JSON.stringify({ "[python]": settings }) }],
  "a workspace file": (settings) => [{ ...FILES, "it.code-workspace": JSON.stringify({ folders: [{ path: "." }], settings }) }, "it.code-workspace"],
  "a folder of several": (settings) => [
    {
      ...FILES,
      "second/.vscode/settings.json": JSON.stringify(settings),
      "it.code-workspace": JSON.stringify({ folders: [{ path: "." }, { path: "second" }] }),
    },
    "it.code-workspace",
  ],
};

for (const [mode, asksForTrust] of [["in Restricted Mode", true], ["in trusted folders", false]]) {
  describe(`the user wants nothing to be sent, ${mode}`, () => {
    let code;
    before(async () => {
      code = await start(asksForTrust, { "fim.provider.kind": "embedded", "fim.trigger.mode": "off" });
    });
    after(() => code?.stop());

    for (const [place, files] of Object.entries(PLACES)) {
      test(`and ${place} cannot change that`, async () => {
        const window = await code.open(place.replaceAll(/\W/g, "-"), ...files(MORE));
        await window.waitForStatus(/switched off/i);
        await until(async () => /completing with embedded/.test(await code.output()), "the server to be configured", () => code.output());
        const output = await code.output();
        assert.ok(!/completing with (?!embedded)/.test(output), output);
        await window.page.close();
      });
    }
  });

  describe(`the user's API is asked, but not about some files, ${mode}`, () => {
    let code;
    let api;
    before(async () => {
      api = await FimApi.start([`${STRANGER}covered = width * height\n`, `${OWN}lowest = min(numbers)\n`]);
      const user = { "fim.provider.kind": "mistral", "fim.provider.url": api.url, "fim.trigger.exclude": ["stranger.*"] };
      code = await start(asksForTrust, user);
    });
    after(async () => {
      await code?.stop();
      await api?.stop();
    });

    for (const [place, files] of Object.entries(PLACES)) {
      test(`and ${place} cannot change that`, async () => {
        const earlier = (await api.completions()).length;
        const window = await code.open(place.replaceAll(/\W/g, "-"), ...files(MORE));
        await window.waitForStatus(/mistral · codestral-latest/);
        await window.edit("stranger.py");
        await window.type("cov");
        await window.edit("own.py");
        await window.type("low");
        await window.waitForGhost("est = min(numbers)");
        const asked = (await api.completions()).slice(earlier).map((request) => JSON.stringify(request));
        assert.ok(asked.length > 0);
        for (const request of asked) {
          assert.ok(!request.includes("area_of_stranger"), request);
          assert.ok(request.includes("codestral-latest"), request);
          assert.ok(!request.includes("4096"), request);
        }
        await window.page.close();
      });

      // VS Code takes no setting for a single language that does not allow it.
      if (!place.includes("language")) {
        test(`but ${place} can ask for less`, async () => {
          const window = await code.open(`less-${place.replaceAll(/\W/g, "-")}`, ...files({ "fim.trigger.mode": "off" }));
          await window.waitForStatus(/switched off/i);
          await window.page.close();
        });
      }
    }
  });
}

/** A VS Code whose user said `user`, with every key there is. */
function start(asksForTrust, user) {
  return CodeServer.start({
    asksForTrust,
    settings: {
      ...NO_WORDS,
      "security.workspace.trust.startupPrompt": "never",
      "fim.server.command": [`${ROOT}/.venv/bin/fim-language-server`],
      ...user,
    },
    env: ENV,
  });
}
