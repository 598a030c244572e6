/** Recording the session for a bug report (docs/recordings.md): the question for consent, and where the file is. */

import * as vscode from "vscode";
import type { Ask } from "./menu";

const WITH_TEXTS = "With Texts";
const WITHOUT_TEXTS = "Only Lengths and Times";

/** Ask for consent and for a new file, and have the server record from now on. */
export async function record(ask: Ask): Promise<void> {
  const question = "Record this session of FIM for a bug report?";
  const detail =
    "The file stays on this machine. With texts it holds what you edit and what is suggested; secrets get placeholders, and excluded files are left out.";
  const consent = await vscode.window.showWarningMessage(question, { modal: true, detail }, WITH_TEXTS, WITHOUT_TEXTS);
  if (consent === undefined) {
    return;
  }
  const file = await vscode.window.showSaveDialog({ title: "A new file for the recording", filters: { Recording: ["jsonl"] } });
  if (file === undefined) {
    return;
  }
  await ask("fim.startRecording", [file.fsPath, consent === WITH_TEXTS]);
  void vscode.window.showInformationMessage(`FIM: recording in ${file.fsPath}. "FIM: Stop Recording" ends it.`);
}

/** End the recording, and say where it is. */
export async function stopRecord(ask: Ask): Promise<void> {
  const answer = await ask("fim.stopRecording", []);
  const file = answer !== null && typeof answer === "object" && "file" in answer ? String(answer.file) : "";
  void vscode.window.showInformationMessage(file ? `FIM: the recording is in ${file}.` : "FIM: nothing was being recorded.");
}
