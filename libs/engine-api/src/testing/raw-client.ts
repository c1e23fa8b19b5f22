import { once } from 'node:events';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';

/** No answer of a test takes this long, not on a busy machine either: what ends a wait in vain. */
const usualPatienceMs = 40_000;

/** A head as it came over the wire. */
export interface RawHead {
  readonly status: number;
  /** The first line. */
  readonly line: string;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
}

/**
 * A client that sends exactly the bytes it is told to and reads what comes, for the cases that HTTP libraries cannot make: split heads, half-close,
 * hijack without Upgrade, aborts. It knows nothing of the code under test. Each read fails after `patienceMs`.
 */
export class RawClient implements AsyncDisposable {
  readonly socket: Socket;
  readonly #patienceMs: number;
  #received = Buffer.alloc(0);
  #hasEnded = false;
  #wake: (() => void) | undefined;

  private constructor(socket: Socket, patienceMs: number) {
    this.socket = socket;
    this.#patienceMs = patienceMs;
    socket
      .on('data', (chunk: Buffer) => {
        this.#received = Buffer.concat([this.#received, chunk]);
        this.#wake?.();
      })
      .on('error', () => undefined)
      .on('end', this.#end)
      .on('close', this.#end);
  }

  /** Connects to a unix socket by its path, or as `net.connect` is told. */
  static async connect(to: string | NetConnectOpts, patienceMs = usualPatienceMs): Promise<RawClient> {
    const socket = connect({ ...(typeof to === 'string' ? { path: to } : to), allowHalfOpen: true });
    await once(socket, 'connect');
    return new RawClient(socket, patienceMs);
  }

  /** The same over TLS on loopback; whom it talks to is not checked. Read what is on its way before `halfClose`: Node's client drops it then. */
  static async connectSecurely(port: number, patienceMs = usualPatienceMs): Promise<RawClient> {
    const plain = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const socket = connectSecurely({ socket: plain, rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    return new RawClient(socket, patienceMs);
  }

  /** Writes and waits until the kernel has it all. */
  send(bytes: string | Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => this.socket.write(bytes, (error) => (error ? reject(error) : resolve())));
  }

  /** Writes a head's lines with its line ends. */
  sendHead(...lines: readonly string[]): Promise<void> {
    return this.send([...lines, '', ''].join('\r\n'));
  }

  /** Says the end; reading goes on. */
  halfClose(): Promise<void> {
    return new Promise((resolve) => this.socket.end(resolve));
  }

  async readHead(): Promise<RawHead> {
    const [line = '', ...fields] = (await this.readTo('\r\n\r\n')).slice(0, -4).split('\r\n');
    const headers = new Map(
      fields.map((field) => [field.slice(0, field.indexOf(':')).toLowerCase(), field.slice(field.indexOf(':') + 1).trim()]),
    );
    return { status: Number(line.split(' ')[1]), line, headers };
  }

  /** A whole answer: its head and its body by length, chunks or the end of the connection. */
  async readAnswer(): Promise<RawHead & { body: string; bytes: Buffer }> {
    const head = await this.readHead();
    const bytes = await this.#body(head);
    return { ...head, bytes, body: bytes.toString() };
  }

  /** The next bytes up to and with `mark`. */
  async readTo(mark: string): Promise<string> {
    await this.#until(() => this.#received.includes(mark), JSON.stringify(mark));
    return this.#take(this.#received.indexOf(mark) + mark.length).toString('latin1');
  }

  async read(sizeBytes: number): Promise<Buffer> {
    await this.#until(() => this.#received.length >= sizeBytes, `${sizeBytes} bytes`);
    return this.#take(sizeBytes);
  }

  /** Everything up to the peer's end or its going away. */
  async readToEnd(): Promise<Buffer> {
    await this.#until(() => this.#hasEnded, 'the end');
    return this.#take(this.#received.length);
  }

  /** What is here and was not read, without waiting. */
  get unread(): string {
    return this.#received.toString('latin1');
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.socket.closed) return;
    const closed = once(this.socket, 'close');
    this.socket.destroy();
    await closed;
  }

  readonly #end = (): void => {
    this.#hasEnded = true;
    this.#wake?.();
  };

  #take(sizeBytes: number): Buffer {
    const taken = this.#received.subarray(0, sizeBytes);
    this.#received = this.#received.subarray(sizeBytes);
    return taken;
  }

  async #body({ status, headers }: RawHead): Promise<Buffer> {
    if (status === 204 || status === 304) return Buffer.alloc(0);
    const length = headers.get('content-length');
    if (length !== undefined) return this.read(Number(length));
    return headers.get('transfer-encoding') === 'chunked' ? this.#chunks() : this.readToEnd();
  }

  async #chunks(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for (;;) {
      const sizeBytes = Number.parseInt(await this.readTo('\r\n'), 16);
      const chunk = await this.read(sizeBytes + 2);
      if (sizeBytes === 0) return Buffer.concat(chunks);
      chunks.push(chunk.subarray(0, -2));
    }
  }

  async #until(isSo: () => boolean, what: string): Promise<void> {
    const deadline = Date.now() + this.#patienceMs;
    while (!isSo()) {
      const isLate = Date.now() >= deadline;
      if (isLate || this.#hasEnded) {
        throw new Error(
          `${isLate ? 'waited in vain' : 'the peer ended'} before ${what}; unread: ${JSON.stringify(this.unread.slice(0, 400))}`,
        );
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.max(1, deadline - Date.now()));
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
