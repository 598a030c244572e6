/** The manifest and the code say the same. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";

const ROOT = path.resolve(__dirname, "../../../../editors/vscode");
const manifest = JSON.parse(fs.readFileSync(path.join(ROOT, "package.json"), "utf8"));
const source = fs.readFileSync(path.join(ROOT, "src/extension.ts"), "utf8");
const settings: Record<string, Record<string, unknown>> = Object.assign(
  {},
  ...manifest.contributes.configuration.map((group: { properties: object }) => group.properties),
);

test("every command is contributed and registered, and no other", () => {
  const contributed = manifest.contributes.commands.map((command: { command: string }) => command.command);
  const registered = [...source.matchAll(/^ {4}"(fim\.\w+)": \(\)/gm)].map((match) => match[1]);
  assert.deepEqual([...contributed].sort(), [...registered].sort());
});

test("the server's own commands are not contributed: the language client registers them", () => {
  const text = JSON.stringify(manifest.contributes);
  for (const command of ["fim.accept", "fim.snooze", "fim.toggleLanguage", "fim.showWhy", "fim.acceptNextEdit", "fim.dismissNextEdit"]) {
    assert.ok(!text.includes(`"${command}"`), command);
  }
});

test("whatever decides where code goes, where a key is found or what runs is the user's alone", () => {
  const restricted: string[] = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
  const users = Object.keys(settings).filter((key) => settings[key]!.scope !== "resource");
  assert.deepEqual(restricted, users);
  for (const key of ["url", "model", "region", "regions", "apiKeyEnv", "apiKeyCommand", "project", "caFile", "fallback"]) {
    assert.ok(restricted.includes(`fim.provider.${key}`), key);
  }
  for (const key of ["server.command", "server.interpreter", "trace.server"]) {
    assert.ok(restricted.includes(`fim.${key}`), key);
  }
});

test("what a workspace may narrow can be said by its file and its folders", () => {
  for (const key of ["provider.kind", "trigger.mode", "trigger.exclude", "trigger.languages", "context.prefixChars", "budget.tokensPerMinute"]) {
    assert.equal(settings[`fim.${key}`]!.scope, "resource", key);
  }
});

test("every setting has a type, a default, a scope and a meaning", () => {
  for (const [key, rules] of Object.entries(settings)) {
    for (const name of ["type", "default", "scope", "markdownDescription"]) {
      assert.ok(name in rules, `${key} lacks ${name}`);
    }
  }
});

test("no setting holds a key", () => {
  assert.deepEqual(
    Object.keys(settings).filter((key) => /key|token|secret/i.test(key)).sort(),
    [
      "fim.budget.tokensPerMinute",
      "fim.nextEdit.provider.apiKeyCommand",
      "fim.nextEdit.provider.apiKeyEnv",
      "fim.nextEdit.provider.maxTokens",
      "fim.provider.apiKeyCommand",
      "fim.provider.apiKeyEnv",
      "fim.provider.maxTokens",
      "fim.provider.minTokens",
    ],
  );
});

test("what the manifest points to is there", () => {
  const media = manifest.contributes.walkthroughs.flatMap((walkthrough: { steps: { media: Record<string, string> }[] }) =>
    walkthrough.steps.map((step) => step.media.image ?? step.media.markdown),
  );
  for (const file of [manifest.icon, ...media]) {
    assert.ok(fs.statSync(path.join(ROOT, file)).size > 0, file);
  }
});

test("the walkthrough's links are commands that there are", () => {
  const links = [...JSON.stringify(manifest.contributes.walkthroughs).matchAll(/command:(fim\.\w+)/g)].map((match) => match[1]);
  assert.ok(links.length > 0);
  for (const link of links) {
    assert.ok(source.includes(`"${link}"`), link);
  }
});
