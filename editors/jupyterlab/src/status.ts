/** The item in the status bar: which model completes, or why none does. */

import { Widget } from "@lumino/widgets";

/** Words for the server's kinds of status (docs/protocol.md) that are worth the room. */
const WORDS: Record<string, string> = { starting: "starting", paused: "paused", offline: "offline", off: "off", broken: "unreachable" };

export class StatusItem extends Widget {
  private said = "";

  constructor() {
    super();
    this.addClass("fim-status");
    this.addClass("jp-StatusBar-TextItem"); // as JupyterLab draws its own
    this.node.setAttribute("role", "status");
    this.tell("starting", "", "");
  }

  /** Show a status of the server. */
  tell(kind: string, message: string, model: string): void {
    const word = WORDS[kind];
    this.node.textContent = ["FIM", word ?? model].filter(Boolean).join(": ");
    this.node.dataset.kind = kind;
    this.node.title = [message || model || "fim-language-server", this.said].filter(Boolean).join("\n");
  }

  /** Keep a message for the user in the tooltip. */
  say(message: string): void {
    this.said = message;
    this.node.title = message;
  }
}
