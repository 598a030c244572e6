/** Which server runs: the user's own word first, the bundled one last. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseLaunch, findProgram, type Machine, type ServerSettings } from "../../../../editors/vscode/src/server";
import { machineWith } from "./machine";

const ON_PATH = machineWith(["/usr/bin/fim-language-server"]);
const UNSET: ServerSettings = { command: [], interpreter: "", preferBundled: false };

function check(settings: Partial<ServerSettings>, machine: Machine, expected: [string, string, ...string[]] | undefined): void {
  const launch = chooseLaunch({ ...UNSET, ...settings }, machine);
  assert.deepEqual(launch && [launch.source, launch.command, ...launch.args], expected);
}

test("a command goes before everything else", () => {
  check({ command: ["/opt/fim", "--log"], interpreter: "/usr/bin/python3" }, ON_PATH, ["command", "/opt/fim", "--log"]);
});

test("an interpreter goes before the PATH, and cannot be misled by the directory it is started in", () => {
  check({ interpreter: "/opt/python" }, ON_PATH, ["interpreter", "/opt/python", "-P", "-m", "fim_language_server"]);
});

test("the home directory may be written as ~", () => {
  check({ command: ["~/bin/fim"] }, ON_PATH, ["command", "/home/ann/bin/fim"]);
  check({ command: ["~bob/fim"] }, ON_PATH, ["command", "~bob/fim"]);
});

test("the home directory and the environment may be named as in VS Code's own settings", () => {
  const machine = machineWith([], { env: { TOOLS: "/opt/tools", EMPTY: "" } });
  check({ command: ["${userHome}/bin/fim", "--log", "${env:TOOLS}/x", "${env:NONE}y"] }, machine, ["command", "/home/ann/bin/fim", "--log", "/opt/tools/x", "y"]);
  check({ interpreter: "${env:TOOLS}/python" }, machine, ["interpreter", "/opt/tools/python", "-P", "-m", "fim_language_server"]);
  check({ command: ["${workspaceFolder}/fim"] }, machine, ["command", "${workspaceFolder}/fim"]);
});

test("a server on the PATH goes before the bundled one", () => {
  check({}, ON_PATH, ["path", "/usr/bin/fim-language-server"]);
});

test("the bundled one runs where there is no other, or where it is preferred", () => {
  check({}, machineWith([]), undefined);
  check({ preferBundled: true }, ON_PATH, undefined);
});

test("preferring the bundled one to the PATH does not overrule a command", () => {
  check({ preferBundled: true, command: ["fim"] }, ON_PATH, ["command", "fim"]);
});

test("relative directories on the PATH are passed over: they may be the workspace", () => {
  const machine = machineWith(["fim-language-server", "bin/fim-language-server"], { env: { PATH: ":bin:." } });
  assert.equal(findProgram("fim-language-server", machine), undefined);
});

test("the first directory on the PATH wins, then the ones that are named", () => {
  const machine = machineWith(["/usr/bin/uv", "/usr/local/bin/uv", "/home/ann/.local/bin/uv"]);
  assert.equal(findProgram("uv", machine), "/usr/local/bin/uv");
  assert.equal(findProgram("uv", machineWith(["/home/ann/.local/bin/uv"]), ["/home/ann/.local/bin"]), "/home/ann/.local/bin/uv");
});

test("on Windows programs have a suffix, and the PATH has any case", () => {
  const machine = machineWith(["C:\\tools\\fim-language-server.exe"], { platform: "win32", env: { Path: "tools;C:\\tools" } });
  assert.equal(findProgram("fim-language-server", machine), "C:\\tools\\fim-language-server.exe");
});

test("a machine without a PATH has no programs", () => {
  assert.equal(findProgram("uv", machineWith(["/usr/bin/uv"], { env: {} })), undefined);
});
