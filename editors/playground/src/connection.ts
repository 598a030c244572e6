/** JSON-RPC over a WebSocket: requests with their cancelling, notifications both ways. */

export interface Cancellation {
  readonly isCancellationRequested: boolean;
  onCancellationRequested(listener: () => void): { dispose(): void };
}

export interface Socket {
  send(text: string): void;
  onmessage: ((event: MessageEvent) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export class Connection {
  private readonly waiting = new Map<number, Waiting>();
  private readonly listeners = new Map<string, (params: unknown) => void>();
  private last = 0;

  /** `ended` is called once, when the other side has gone; what still waits is refused then. */
  constructor(private readonly socket: Socket, ended: () => void) {
    socket.onmessage = (event) => this.receive(String(event.data));
    socket.onclose = () => {
      for (const one of this.waiting.values()) one.reject(new Error("the server has ended"));
      this.waiting.clear();
      ended();
    };
  }

  on(method: string, listener: (params: unknown) => void): void {
    this.listeners.set(method, listener);
  }

  notify(method: string, params: unknown): void {
    this.send({ method, params });
  }

  /** Ask; a cancelled request is let go of, and its answer still comes. Rejects where the answer is an error. */
  async request(method: string, params: unknown, cancellation?: Cancellation): Promise<unknown> {
    const id = ++this.last;
    const answer = new Promise<unknown>((resolve, reject) => this.waiting.set(id, { resolve, reject }));
    this.send({ id, method, params });
    const watching = cancellation?.onCancellationRequested(() => {
      if (this.waiting.has(id)) this.notify("$/cancelRequest", { id });
    });
    try {
      return await answer;
    } finally {
      watching?.dispose();
    }
  }

  private send(message: object): void {
    this.socket.send(JSON.stringify({ jsonrpc: "2.0", ...message }));
  }

  private receive(text: string): void {
    const message = JSON.parse(text);
    if (message.method !== undefined) {
      this.listeners.get(message.method)?.(message.params);
      // Nothing that a server may ask is needed here, but it is owed an answer.
      if (message.id !== undefined) this.send({ id: message.id, result: null });
      return;
    }
    const waiting = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (message.error) waiting?.reject(new Error(message.error.message));
    else waiting?.resolve(message.result);
  }
}
