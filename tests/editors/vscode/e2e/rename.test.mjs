/** The real server's next edits, without a model: a parameter is renamed, and its uses follow with Tab. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CodeServer, NO_WORDS } from "./code_server.mjs";
import { struck, waitForCursor, waitForDrawn } from "./decorations.mjs";
import { ROOT } from "./paths.mjs";

const STEPS = Array.from({ length: 38 }, (_, n) => `    log("step ${n}")`).join("\n");
const PAY = `def pay(amount):\n    check(amount)\n${STEPS}\n    return send(amount)\n`;

let code;
let window;

before(async () => {
  // Ghost text only by hand: whatever is drawn is the next edit.
  const settings = { ...NO_WORDS, "fim.trigger.mode": "explicit", "fim.server.command": [`${ROOT}/.venv/bin/fim-language-server`] };
  code = await CodeServer.start({ settings });
  window = await code.open("project", { "pay.py": PAY, "off.py": PAY });
  await window.waitForStatus(/codicon-(sparkle|device-desktop)/);
});

after(() => code?.stop());

/** Change the name of the parameter in the first line of a file. */
async function rename(name, to) {
  await window.edit(name);
  await window.press("Control+Home", ...Array(8).fill("ArrowRight"), "Control+Shift+ArrowRight");
  await window.type(to);
}

test("the use below is offered with the name, the far one with a hint; Tab takes, jumps, takes; undo takes back", async () => {
  await rename("pay.py", "total");
  await waitForDrawn(window, ["total"]);
  assert.equal(await struck(window), "amount");
  await window.waitForStatus(/→ line 2.*Next edit \(rename\): line 2\. .* 1 more place follows/s);
  await window.picture("vscode-next-edit", { x: 302, y: 64, width: 480, height: 120 });
  await window.press("Tab");
  await window.waitForText("    check(total)");
  await waitForDrawn(window, ["Tab: next edit, line 41"]);
  await window.press("Tab");
  await waitForCursor(window, 41, 17);
  await waitForDrawn(window, ["total"]);
  const before = await window.text();
  await window.press("Tab");
  await window.waitForText("return send(total)");
  await waitForDrawn(window, []);
  await window.press("Control+z");
  await window.waitForText("return send(amount)");
  assert.equal(await window.text(), before);
});

test("an edit that was dismissed does not come back, and switched off there is none", async () => {
  await rename("off.py", "invoice");
  // A word that stands nowhere else may not be finished, as long as the cursor is at its end.
  await window.press("End");
  await waitForDrawn(window, ["invoice"]);
  await window.press("Escape");
  await waitForDrawn(window, []);
  await window.press("Control+z", "Control+z");
  await window.run("FIM: Switch Next Edits Off or On");
  await window.page.getByText("FIM: next edits are no longer offered").first().waitFor();
  await window.openMenu();
  await window.pick("Enable next edits");
  await window.page.getByText("FIM: next edits are offered again").first().waitFor();
});
