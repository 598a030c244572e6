import assert from "node:assert/strict";
import { test } from "node:test";
import { Connection, type Socket } from "../../../../editors/playground/src/connection";

class Wire implements Socket {
  sent: Record<string, unknown>[] = [];
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  receive(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) } as MessageEvent);
  }
}

function cancellable() {
  let cancel = () => {};
  const token = {
    isCancellationRequested: false,
    onCancellationRequested: (listener: () => void) => {
      cancel = listener;
      return { dispose: () => (cancel = () => {}) };
    },
  };
  return { token, cancel: () => cancel() };
}

test("answers find their requests, in any order, and an error rejects", async () => {
  const wire = new Wire();
  const connection = new Connection(wire, () => {});
  const [first, second] = [connection.request("a", 1), connection.request("b", 2)];
  wire.receive({ id: 2, error: { code: -1, message: "no" } });
  wire.receive({ id: 1, result: "yes" });
  assert.equal(await first, "yes");
  await assert.rejects(second, /no/);
});

test("a request that is cancelled is let go of once; after its answer there is nothing to cancel", async () => {
  const wire = new Wire();
  const connection = new Connection(wire, () => {});
  const { token, cancel } = cancellable();
  const answer = connection.request("a", {}, token);
  cancel();
  assert.deepEqual(wire.sent.at(-1), { jsonrpc: "2.0", method: "$/cancelRequest", params: { id: 1 } });
  wire.receive({ id: 1, result: null });
  await answer;
  cancel();
  assert.equal(wire.sent.length, 2);
});

test("a server's request is owed an answer, and its notifications reach who listens", () => {
  const wire = new Wire();
  const heard: unknown[] = [];
  const connection = new Connection(wire, () => {});
  connection.on("$/fim/status", (params) => heard.push(params));
  wire.receive({ method: "$/fim/status", params: { kind: "ready" } });
  wire.receive({ id: 7, method: "client/registerCapability", params: {} });
  assert.deepEqual(heard, [{ kind: "ready" }]);
  assert.deepEqual(wire.sent, [{ jsonrpc: "2.0", id: 7, result: null }]);
});

test("nothing waits for a server that has ended", async () => {
  const wire = new Wire();
  let ended = 0;
  const connection = new Connection(wire, () => (ended += 1));
  const answer = connection.request("a", {});
  wire.onclose?.({} as CloseEvent);
  await assert.rejects(answer, /ended/);
  assert.equal(ended, 1);
});
