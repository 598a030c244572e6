/** JSON-RPC with the language server, over a WebSocket that is opened again when it breaks. */

type Params = Record<string, unknown>;

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export interface ConnectionEvents {
  /** The server was reached, and works in the folder of this URI: say `initialize`, and what is open. */
  opened(rootUri: string): Promise<void>;
  notified(method: string, params: Params): void;
  /** The connection broke; it is tried again. */
  broke(reason: string): void;
}

/** Ms before the first further attempt; each next one waits twice as long, up to the second figure. */
const RETRY_MS = [1_000, 30_000] as const;
const ROOT = "$/jupyter/root";

export class Connection {
  private socket: WebSocket | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;
  private retryMs: number = RETRY_MS[0];
  private retry: ReturnType<typeof setTimeout> | undefined;
  private isDisposed = false;
  /** Has `initialize` been answered? */
  isReady = false;

  constructor(
    private readonly makeSocket: () => WebSocket,
    private readonly events: ConnectionEvents,
  ) {}

  open(): void {
    const socket = this.makeSocket();
    this.socket = socket;
    socket.onmessage = (event) => this.receive(JSON.parse(String(event.data)) as Params);
    socket.onclose = (event) => this.closed(event.reason || `code ${event.code}`);
  }

  dispose(): void {
    this.isDisposed = true;
    clearTimeout(this.retry);
    this.socket?.close();
  }

  notify(method: string, params: unknown): void {
    this.send({ method, params });
  }

  /** Send a request; rejects where the server refuses, and where the connection breaks. */
  request(method: string, params: unknown, started: (id: number) => void = () => undefined): Promise<unknown> {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      started(id);
      this.send({ id, method, params });
    });
  }

  cancel(id: number): void {
    if (this.waiting.has(id)) {
      this.notify("$/cancelRequest", { id });
    }
  }

  private send(message: Params): void {
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify({ jsonrpc: "2.0", ...message }));
    }
  }

  private receive(message: Params): void {
    const { id, method, params } = message;
    if (typeof method === "string") {
      if (id !== undefined) {
        // Registrations, progress and messages with buttons: nothing that a page has to answer otherwise.
        this.send({ id, result: null });
      } else if (method === ROOT) {
        void this.begin(String((params as Params).uri));
      } else {
        this.events.notified(method, (params ?? {}) as Params);
      }
      return;
    }
    const waiting = this.waiting.get(id as number);
    this.waiting.delete(id as number);
    const error = message.error as Params | undefined;
    if (error) {
      waiting?.reject(new Error(String(error.message)));
    } else {
      waiting?.resolve(message.result);
    }
  }

  private async begin(rootUri: string): Promise<void> {
    try {
      await this.events.opened(rootUri);
      this.isReady = true;
      this.retryMs = RETRY_MS[0];
    } catch (error) {
      this.socket?.close(4000, String(error));
    }
  }

  private closed(reason: string): void {
    this.isReady = false;
    for (const { reject } of this.waiting.values()) {
      reject(new Error("the connection broke"));
    }
    this.waiting.clear();
    if (this.isDisposed) {
      return;
    }
    this.events.broke(reason);
    this.retry = setTimeout(() => this.open(), this.retryMs);
    this.retryMs = Math.min(2 * this.retryMs, RETRY_MS[1]);
  }
}
