/**
 * API keys: asked for, kept in VS Code's secret storage, handed to the server through its environment. They are
 * never in settings, files of ours, arguments or logs.
 */

import * as vscode from "vscode";

/** A provider's key: the environment variable in which the server looks for it, and whose it is. */
export interface Key {
  readonly variable: string;
  /** The value of `fim.provider.kind`; empty where only a setting, or the user, knows. */
  readonly kind: string;
  readonly description: string;
  /** Is the provider used as soon as its key is there, with `fim.provider.kind` at its default? */
  readonly automatic: boolean;
}

const NAMES = "keyVariables";

/** The keys of one user. */
export class Keys {
  constructor(private readonly context: vscode.ExtensionContext) {}

  /** Return the stored keys as variables of the server's environment. */
  async environment(): Promise<Record<string, string>> {
    const entries = await Promise.all(this.known().map(async (key) => [key.variable, await this.context.secrets.get(secret(key.variable))]));
    return Object.fromEntries(entries.filter(([, value]) => value));
  }

  /** Ask for a key and keep it. */
  async ask(): Promise<void> {
    const key = await pick(this.known(), "Whose API key?");
    if (key === undefined) {
      return;
    }
    const value = await vscode.window.showInputBox({
      title: `API key for ${key.kind || key.variable}`,
      prompt: "Kept in VS Code's secret storage; only the server is told.",
      password: true,
      ignoreFocusOut: true,
      validateInput: (text) => (/^\S+$/.test(text.trim()) ? undefined : "A key has no spaces in it."),
    });
    if (value !== undefined) {
      const names = this.context.globalState.get<string[]>(NAMES, []);
      await this.context.globalState.update(NAMES, [...new Set([...names, key.variable])]);
      await this.context.secrets.store(secret(key.variable), value.trim());
      await offerToUse(key);
    }
  }

  /** Ask which key to forget, among those that are kept. */
  async askToRemove(): Promise<void> {
    const kept = await this.environment();
    const key = await pick(
      this.known().filter((known) => known.variable in kept),
      "Which key shall be forgotten?",
    );
    if (key !== undefined) {
      await this.context.secrets.delete(secret(key.variable));
    }
  }

  /** The keys that providers take, then those a setting names, then those that were kept before. */
  private known(): Key[] {
    const keys: Key[] = this.context.extension.packageJSON.fim.keys;
    const named = vscode.workspace.getConfiguration("fim").get<string>("provider.apiKeyEnv", "");
    const kept = this.context.globalState.get<string[]>(NAMES, []);
    const more = [named, ...kept].filter((name) => name && !keys.some((key) => key.variable === name));
    return [...keys, ...[...new Set(more)].map((variable) => ({ variable, kind: "", description: "", automatic: false }))];
  }
}

/** Is this change of the secret storage one of our keys? */
export function isKey(name: string): boolean {
  return name.startsWith("key.");
}

function secret(variable: string): string {
  return `key.${variable}`;
}

async function pick(keys: readonly Key[], placeHolder: string): Promise<Key | undefined> {
  if (keys.length === 0) {
    void vscode.window.showInformationMessage("FIM: no key is kept.");
    return undefined;
  }
  const items = keys.map((key) => ({ label: key.kind || key.variable, description: key.kind && key.variable, detail: key.description, key }));
  return (await vscode.window.showQuickPick(items, { placeHolder, matchOnDescription: true, matchOnDetail: true }))?.key;
}

/** A key alone does not say that its provider is to be asked: offer to say so, where it is not said yet. */
async function offerToUse(key: Key): Promise<void> {
  const settings = vscode.workspace.getConfiguration("fim");
  const kind = settings.inspect<string>("provider.kind")?.globalValue ?? "auto";
  if (!key.kind || kind === key.kind || (kind === "auto" && key.automatic)) {
    return;
  }
  const use = `Use ${key.kind}`;
  if ((await vscode.window.showInformationMessage(`FIM: the key is kept. Completion comes from “${kind}”, though.`, use)) === use) {
    await settings.update("provider.kind", key.kind, vscode.ConfigurationTarget.Global);
  }
}
