/** Draws the status in the status bar, and counts its seconds down. What is drawn is decided in `status.ts`. */

import * as vscode from "vscode";
import { counts, draw, type Offered, ownStatus, type Status } from "./status";

export class StatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("fim.status", vscode.StatusBarAlignment.Right, 100);
  private status: Status = ownStatus("starting");
  private offered: Offered | undefined;
  private toldAt = Date.now();
  private ticking: NodeJS.Timeout | undefined;

  constructor() {
    this.item.name = "FIM";
    this.item.command = "fim.menu";
    this.show(this.status);
    this.item.show();
  }

  /** The status that is drawn. */
  get current(): Status {
    return this.status;
  }

  /** Draw a status from now on. */
  show(status: Status): void {
    this.status = status;
    this.toldAt = Date.now();
    clearInterval(this.ticking);
    this.ticking = counts(status) ? setInterval(() => this.draw(), 1000) : undefined;
    this.draw();
  }

  /** Say, beside the status, that a next edit is offered, or that none is any more. */
  showNextEdit(offered: Offered | undefined): void {
    this.offered = offered;
    this.draw();
  }

  dispose(): void {
    clearInterval(this.ticking);
    this.item.dispose();
  }

  private draw(): void {
    const drawn = draw(this.status, (Date.now() - this.toldAt) / 1000, this.offered);
    this.item.text = drawn.text;
    this.item.tooltip = drawn.tooltip;
    this.item.accessibilityInformation = { label: drawn.tooltip };
    this.item.backgroundColor =
      drawn.severity === "none" ? undefined : new vscode.ThemeColor(`statusBarItem.${drawn.severity}Background`);
  }
}
