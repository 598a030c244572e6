/**
 * A language server that answers as it is told to: what the extension does with any answer is tested with it.
 *
 * VS Code starts it as `scripted_server.mjs FILE`, and a test talks to it (`ScriptedServer`) at the address it writes
 * into FILE: `PUT /answer` sets the text of each answer, `POST /refresh` says that there is a better one where it was
 * last asked, `PUT /offer` sends a next edit, `GET /recorded` returns what the client said of itself and the inline completions it asked for.
 */

import { once } from "node:events";
import * as fs from "node:fs/promises";
import { createServer } from "node:http";
import { until } from "./until.mjs";

/** The test's end of it. */
export class ScriptedServer {
  /** `file` is where the address will be written. */
  constructor(file) {
    this.file = file;
    this.command = [process.execPath, import.meta.filename, file];
  }

  async url(path) {
    const read = () => fs.readFile(this.file, "utf8").catch(() => "");
    await until(async () => (await read()) !== "", "the scripted server to run");
    return new URL(path, await read());
  }

  async answer(text) {
    await fetch(await this.url("/answer"), { method: "PUT", body: text });
  }

  async refresh() {
    await fetch(await this.url("/refresh"), { method: "POST" });
  }

  /** Offer next edits (`{uri, range, text, id, source, others}` each) in a document, for the versions that are known then. */
  async offer(uri, ...edits) {
    await fetch(await this.url("/offer"), { method: "PUT", body: JSON.stringify({ uri, edits }) });
  }

  async recorded() {
    return (await fetch(await this.url("/recorded"))).json();
  }
}

const COMMANDS = ["fim.acceptNextEdit", "fim.dismissNextEdit"];
const CAPABILITIES = { textDocumentSync: 2, inlineCompletionProvider: {}, executeCommandProvider: { commands: COMMANDS } };

/** The language server itself: one session on standard input and output. */
class Session {
  text = "";
  recorded = { capabilities: null, requests: [], shown: [], commands: [], asked: [] };
  /** The next edits that were offered last, which a request for one is answered with. */
  offered = { uri: "", edits: [] };
  asked = {};
  versions = new Map();

  handle({ id, method, params }) {
    const { textDocument, position, context } = params ?? {};
    if (method === "initialize") {
      this.recorded.capabilities = params.capabilities;
      this.write({ id, result: { capabilities: CAPABILITIES } });
    } else if (method === "textDocument/didOpen" || method === "textDocument/didChange") {
      this.versions.set(textDocument.uri, textDocument.version);
    } else if (method === "textDocument/inlineCompletion") {
      this.asked = { uri: textDocument.uri, ...position, version: this.versions.get(textDocument.uri) };
      this.recorded.requests.push({ ...this.asked, triggerKind: context.triggerKind });
      const item = { insertText: this.text, range: { start: position, end: position } };
      this.write({ id, result: this.text ? { items: [item] } : null });
    } else if (method === "textDocument/didShowInlineEdit") {
      this.recorded.shown.push(params.item.command.arguments[0]);
    } else if (method === "textDocument/copilotInlineEdit") {
      this.recorded.asked.push(params);
      this.write({ id, result: { edits: this.nextEdits() } });
    } else if (method === "workspace/executeCommand") {
      this.recorded.commands.push([params.command, ...params.arguments]);
      this.write({ id, result: null });
    } else if (method === "exit") {
      process.exit(0);
    } else if (id !== undefined && method) {
      this.write({ id, result: null });
    }
  }

  /** Send next edits. */
  offer(offered) {
    this.offered = offered;
    this.write({ method: "fim/nextEdit", params: { textDocument: this.documentOf(offered.uri), edits: this.nextEdits() } });
  }

  nextEdits() {
    const { uri, edits } = this.offered;
    return edits.map(({ id, uri: other, ...edit }) => ({
      ...edit,
      textDocument: this.documentOf(other ?? uri),
      command: { title: "Accept", command: COMMANDS[0], arguments: [id] },
    }));
  }

  documentOf(uri) {
    return { uri, version: this.versions.get(uri) };
  }

  write(message) {
    const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message }));
    process.stdout.write(Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]));
  }

  /** Read messages until the end of the input. */
  async run() {
    let data = Buffer.alloc(0);
    for await (const chunk of process.stdin) {
      data = Buffer.concat([data, chunk]);
      for (;;) {
        const end = data.indexOf("\r\n\r\n");
        const length = Number(/content-length: *(\d+)/i.exec(data.subarray(0, Math.max(0, end)).toString())?.[1]);
        if (end < 0 || data.length < end + 4 + length) {
          break;
        }
        const message = JSON.parse(data.subarray(end + 4, end + 4 + length).toString());
        data = data.subarray(end + 4 + length);
        this.handle(message);
      }
    }
  }
}

async function serve(file) {
  const session = new Session();
  const control = createServer(async (request, response) => {
    if (request.url === "/answer") {
      session.text = (await request.toArray()).join("");
    } else if (request.url === "/refresh") {
      session.write({ method: "$/fim/refresh", params: session.asked });
    } else if (request.url === "/offer") {
      session.offer(JSON.parse((await request.toArray()).join("")));
    }
    response.end(JSON.stringify(session.recorded));
  }).listen(0, "127.0.0.1");
  await once(control, "listening");
  await fs.writeFile(`${file}.new`, `http://127.0.0.1:${control.address().port}`);
  await fs.rename(`${file}.new`, file);
  await session.run();
  process.exit(0);
}

if (process.argv[1] === import.meta.filename) {
  await serve(process.argv[2]);
}
