import { Failure } from '@gantry/base';
import type { AttachOutput, AttachSocket } from '@gantry/linux';

/** Beyond this a client's unread output stops the container, as dockerd does, until the client reads or goes. */
const largestBacklogBytes = 1024 * 1024;

export interface AttachClient extends Disposable {
  /** What the container writes from now on; ends with the run. */
  readonly output: AsyncIterable<AttachOutput>;
  /** Waits for the run where none has begun. */
  write(bytes: Uint8Array): Promise<void>;
  /** The container reads end of file. */
  endInput(): void;
}

/**
 * All clients of one container's streams. It is the monitor's only client and always drains it: a second one that stopped reading would stall the
 * container and its log (conmon 2.1). Clients may come before the container runs; the hub connects between create and start, or when the first
 * client comes, and then stays until the run ends. Unwatched containers cost nothing: their output is in the log.
 */
export class AttachHub {
  readonly #clients = new Set<Client>();
  #connect: (() => AttachSocket) | undefined;
  #socket: AttachSocket | undefined;
  /** The present run's socket, or the next one's. */
  #connected = Promise.withResolvers<AttachSocket>();

  /** A client of the present run, or of the next one where none runs. */
  attach(): AttachClient {
    const client = new Client({
      leave: () => {
        this.#clients.delete(client);
        this.#balance();
      },
      drained: () => {
        this.#balance();
      },
      connected: () => this.#connected.promise,
    });
    this.#clients.add(client);
    try {
      this.#open();
    } catch (cause) {
      // The run has just ended, which nobody has noticed yet: `endRun` tells the client.
      if (Failure.from(cause).code === 'not-found') return client;
      client[Symbol.dispose]();
      throw cause;
    }
    return client;
  }

  get hasClients(): boolean {
    return this.#clients.size > 0;
  }

  /** A run can be connected to from here on. */
  beginRun(connect: () => AttachSocket): void {
    this.#connect = connect;
    if (this.#clients.size > 0) this.#open();
  }

  /** The run has ended: clients get what is still on the way, then the end. */
  async endRun(): Promise<void> {
    this.#connect = undefined;
    const socket = this.#socket;
    this.#socket = undefined;
    this.#connected = Promise.withResolvers();
    await socket?.closed;
    for (const client of this.#clients) client.end();
    this.#clients.clear();
  }

  #open(): void {
    if (this.#socket || !this.#connect) return;
    const socket = this.#connect();
    this.#socket = socket;
    this.#connected.resolve(socket);
    socket.listen((output) => {
      for (const client of this.#clients) client.deliver(output);
      this.#balance();
    });
  }

  #balance(): void {
    const isFull = [...this.#clients].some((client) => client.backlogBytes > largestBacklogBytes);
    if (isFull) this.#socket?.pause();
    else this.#socket?.resume();
  }
}

interface ClientPlace {
  readonly leave: () => void;
  readonly drained: () => void;
  readonly connected: () => Promise<AttachSocket>;
}

class Client implements AttachClient {
  readonly #place: ClientPlace;
  readonly #queue: AttachOutput[] = [];
  #wake: () => void = () => undefined;
  #isOver = false;
  backlogBytes = 0;

  constructor(place: ClientPlace) {
    this.#place = place;
  }

  readonly output: AsyncIterable<AttachOutput> = { [Symbol.asyncIterator]: () => this.#outputs() };

  deliver(output: AttachOutput): void {
    this.#queue.push(output);
    this.backlogBytes += output.bytes.length;
    this.#wake();
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  async write(bytes: Uint8Array): Promise<void> {
    const socket = await this.#place.connected();
    await socket.write(bytes);
  }

  endInput(): void {
    void this.#place.connected().then((socket) => {
      if (!this.#isOver) socket.endInput();
    });
  }

  [Symbol.dispose](): void {
    this.#queue.length = 0;
    this.backlogBytes = 0;
    this.end();
    this.#place.leave();
  }

  async *#outputs(): AsyncGenerator<AttachOutput> {
    for (;;) {
      const output = this.#queue.shift();
      if (output) {
        this.backlogBytes -= output.bytes.length;
        this.#place.drained();
        yield output;
      } else if (this.#isOver) {
        return;
      } else {
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    }
  }
}
