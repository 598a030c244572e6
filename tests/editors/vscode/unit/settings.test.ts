/** What the extension reads of its section, and what it keeps from the server. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { isOn, readServerSettings, separated, switchLanguage, withoutOwn } from "../../../../editors/vscode/src/settings";

test("the server sees the section without the extension's own keys", () => {
  const section = { server: { command: [] }, trace: { server: "verbose" }, provider: { kind: "auto" }, "server.command": [] };
  assert.deepEqual(withoutOwn(section), { provider: { kind: "auto" } });
});

test("what is no section passes as it is", () => {
  for (const value of [null, "text", 3, [1]]) {
    assert.deepEqual(withoutOwn(value), value);
  }
});

test("the user's settings and those of each place of a workspace stay apart", () => {
  const user = { provider: { kind: "embedded" }, server: { command: ["x"] } };
  const inspectIn = (folder: string | undefined) =>
    ({
      undefined: { globalValue: user, workspaceValue: { trigger: { mode: "off" }, server: { command: ["y"] } } },
      one: { globalValue: user, workspaceFolderValue: { trigger: { exclude: ["*"] } } },
      two: { globalValue: user, workspaceFolderValue: undefined },
    })[String(folder)];
  assert.deepEqual(separated(["one", "two", "gone"], inspectIn), {
    fim: { provider: { kind: "embedded" } },
    fimWorkspace: [{ trigger: { mode: "off" } }, { trigger: { exclude: ["*"] } }],
  });
  assert.deepEqual(separated([], () => undefined), { fim: {}, fimWorkspace: [] });
});

test("a server setting of a wrong type counts as unset", () => {
  const read = (values: Record<string, unknown>) => readServerSettings((key) => values[key]);
  assert.deepEqual(read({ "server.command": "fim", "server.interpreter": 3, "server.preferBundled": "yes" }), {
    command: [],
    interpreter: "",
    preferBundled: false,
  });
  assert.deepEqual(read({ "server.command": ["fim", 1], "server.interpreter": " /py ", "server.preferBundled": true }), {
    command: ["fim", "1"],
    interpreter: "/py",
    preferBundled: true,
  });
});

const SWITCHES: [string, unknown, Record<string, boolean>, boolean][] = [
  ["off", undefined, { python: false }, false],
  ["on again, which leaves no trace", { python: false }, {}, true],
  ["on, where all others are off", { "*": false }, { "*": false, python: true }, true],
  ["off again, where all others are", { "*": false, python: true }, { "*": false }, false],
  ["off, beside others", { go: false }, { go: false, python: false }, false],
];

for (const [name, before, after, on] of SWITCHES) {
  test(`a language is switched ${name}`, () => {
    assert.deepEqual(switchLanguage(before, "python"), { languages: after, on });
    assert.equal(isOn(after, "python"), on);
  });
}
