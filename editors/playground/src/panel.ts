/** The side panel: a card for each of the server's last decisions, the newest first. */

import type { Connection } from "./connection";
import { oneAtATime } from "./turns";
import { describe, milliseconds, type Card, type Decision, type Station } from "./way";

const MOST_CARDS = 40;

/** Return what draws the panel anew; to be called when the server has decided something. */
export function drawDecisions(connection: Connection, list: HTMLElement): () => void {
  return oneAtATime(async () => {
    const answer = await connection.request("workspace/executeCommand", { command: "fim.showWhy", arguments: [{ text: true }] });
    const cards = (answer as Decision[]).slice(0, MOST_CARDS).map(describe);
    list.replaceChildren(...cards.map(drawCard));
  });
}

function drawCard(card: Card): HTMLElement {
  const item = element("li", card.isOffered ? "offered" : "silent");
  const head = element("div", "head");
  head.append(element("span", "headline", card.headline), element("span", "ms", card.ms));
  const stations = element("div", "stations");
  stations.append(...card.stations.map(drawStation));
  item.append(head, stations, element("div", "place", card.detail));
  if (card.pieces.length > 0) item.append(drawPieces(card.pieces));
  return item;
}

/** Draw the pieces of other files that were sent, folded until they are opened. */
function drawPieces(pieces: Card["pieces"]): HTMLElement {
  const drawn = element("details", "pieces");
  drawn.append(element("summary", "", `${pieces.length} ${pieces.length === 1 ? "piece" : "pieces"} of other files sent`));
  for (const { heading, text } of pieces) {
    drawn.append(element("div", "place", heading));
    if (text) drawn.append(element("pre", "", text));
  }
  return drawn;
}

function drawStation({ name, state, at }: Station): HTMLElement {
  const drawn = element("span", state, at === undefined ? name : `${name} ${milliseconds(at)}`);
  if (at !== undefined) drawn.title = `reached ${milliseconds(at)} after the request came`;
  return drawn;
}

/** Texts go in as texts: a model's name, or a file's, is never markup. */
function element(tag: string, className: string, text = ""): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}
