/** The next edit as it is drawn in a window of VS Code. */

import { until } from "./until.mjs";

/** What is drawn behind or in the lines by decorations, from top to bottom. */
export async function drawn({ page }) {
  const texts = await page.evaluate(() => {
    const pieces = [...document.querySelectorAll('.editor-instance .view-line [class*="ced-"]')];
    const top = (piece) => piece.getBoundingClientRect().top;
    const content = (piece) => getComputedStyle(piece, "::after").content;
    const shown = pieces.filter((piece) => !["none", "normal"].includes(content(piece)));
    return shown.sort((one, other) => top(one) - top(other)).map((piece) => content(piece).replace(/^"|"$/g, ""));
  });
  return texts.map((text) => text.replaceAll("\u00a0", " "));
}

/** The text that is struck through, line by line. */
export async function struck({ page }) {
  const lines = await page.evaluate(() => {
    const pieces = [...document.querySelectorAll('.editor-instance .view-line [class*="ced-"]')];
    const byTop = new Map();
    for (const piece of pieces.filter((one) => getComputedStyle(one).textDecorationLine.includes("line-through"))) {
      const { top } = piece.closest(".view-line").getBoundingClientRect();
      byTop.set(top, (byTop.get(top) ?? "") + piece.textContent);
    }
    return [...byTop].sort(([one], [other]) => one - other).map(([, text]) => text);
  });
  return lines.join("\n").replaceAll("\u00a0", " ");
}

/** Wait until exactly this is drawn; `again` is done before each look. */
export async function waitForDrawn(window, wanted, again = async () => undefined) {
  const isDrawn = async () => {
    await again();
    return JSON.stringify(await drawn(window)) === JSON.stringify(wanted);
  };
  await until(isDrawn, `drawn: ${JSON.stringify(wanted)}`, async () => `${JSON.stringify(await drawn(window))} ${await window.describe()}`);
}

/** Wait until the status bar says where the cursor is, counted from one. */
export async function waitForCursor({ page }, line, column) {
  await page.locator(".statusbar-item", { hasText: `Ln ${line}, Col ${column}` }).waitFor();
}
