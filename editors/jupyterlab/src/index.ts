/** The plugin: ghost text by a language server that runs beside the Jupyter server, which has the keys. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ICompletionProviderManager } from "@jupyterlab/completer";
import { ServerConnection } from "@jupyterlab/services";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { IStatusBar } from "@jupyterlab/statusbar";
import { Connection } from "./connection";
import { Documents } from "./documents";
import { FimProvider } from "./provider";
import { StatusItem } from "./status";

const ID = "fim-language-server:plugin";

const plugin: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: "AI ghost text in notebooks and files, by fim-language-server",
  autoStart: true,
  requires: [ICompletionProviderManager],
  optional: [ISettingRegistry, IStatusBar],
  activate: async (_app: JupyterFrontEnd, manager: ICompletionProviderManager, registry: ISettingRegistry | null, bar: IStatusBar | null) => {
    const settings = await registry?.load(ID);
    const fim = () => ({ fim: settings?.composite ?? {} });
    const status = new StatusItem();
    bar?.registerStatusItem(ID, { item: status, align: "right", rank: 900 });

    const connection: Connection = new Connection(makeSocket, {
      opened: async (rootUri) => {
        await connection.request("initialize", {
          processId: null,
          clientInfo: { name: "JupyterLab" },
          rootUri,
          workspaceFolders: [{ uri: rootUri, name: "Jupyter" }],
          capabilities: {
            general: { positionEncodings: ["utf-16"] },
            textDocument: { inlineCompletion: {} },
            notebookDocument: { synchronization: {} },
          },
          initializationOptions: fim(),
        });
        connection.notify("initialized", {});
        documents.begin(rootUri);
      },
      notified: (method, params) => {
        if (method === "$/fim/status") {
          status.tell(String(params.kind), String(params.message ?? ""), String(params.model ?? ""));
        } else if (method === "window/showMessage") {
          status.say(String(params.message));
        }
      },
      broke: (reason) => {
        documents.begin(undefined);
        status.tell("broken", `The language server is not reached (${reason}).`, "");
      },
    });
    const documents = new Documents(connection);
    settings?.changed.connect(() => connection.notify("workspace/didChangeConfiguration", { settings: fim() }));
    connection.open();
    manager.registerInlineProvider(new FimProvider(connection, documents));
  },
};

export default plugin;

/** Open the socket as JupyterLab opens those of kernels: below the base URL, with the token where there is no cookie. */
function makeSocket(): WebSocket {
  const { wsUrl, token, appendToken, WebSocket } = ServerConnection.makeSettings();
  const query = appendToken && token ? `?token=${encodeURIComponent(token)}` : "";
  return new WebSocket(`${wsUrl.replace(/\/$/, "")}/fim-language-server/lsp${query}`);
}
