import { Failure } from '@gantry/base';
import {
  ByteQueue,
  type Bytes,
  type Engine,
  type EngineRequest,
  type EngineResponse,
  noBytes,
  pulledBytes,
} from '@gantry/engine-api/client';
import { channelWindowBytes, encodeCredit, type Frame, frameTypes, largestMessageBytes } from './frame.ts';
import { decodeFailure, encodeFailure, encodeHead, type OpenMessage } from './messages.ts';
import { type Channel, type Multiplexer, ReceiveWindow } from './multiplexer.ts';
import type { OutQueue } from './outbox.ts';
import { pump, type Pump } from './pump.ts';

interface Opened {
  readonly message: OpenMessage;
  readonly onFailure: ((failure: Failure) => void) | undefined;
}

/** The answering end of one channel: runs one request of the peer on an engine. */
export class AnsweringChannel implements Channel {
  readonly out: OutQueue;
  readonly #id: number;
  readonly #wire: Multiplexer;
  readonly #opened: Opened;
  readonly #abort = new AbortController();
  readonly #window: ReceiveWindow;
  readonly #body: ByteQueue;
  readonly #input: ByteQueue;
  #sending: Pump | undefined;
  #isPlain = false;
  #hasBodyEnded: boolean;
  #hasInputEnded = false;
  #hasStopped = false;
  #hasAnswerEnded = false;
  #isOver = false;

  constructor(id: number, wire: Multiplexer, opened: Opened) {
    this.#id = id;
    this.#wire = wire;
    this.#opened = opened;
    this.#hasBodyEnded = !opened.message.hasBody;
    this.out = wire.outbox.queue(id);
    this.#window = new ReceiveWindow((bytes) => {
      if (!this.#isOver && !this.#hasStopped) wire.outbox.now(id, frameTypes.credit, encodeCredit(bytes));
    });
    const taken = (bytes: number): void => this.#window.taken(bytes);
    this.#body = new ByteQueue(channelWindowBytes, { taken, stopped: taken });
    this.#input = new ByteQueue(channelWindowBytes, { taken, stopped: () => this.#stop() });
  }

  /** Asks the engine and sends what it says. Never rejects. */
  async answer(engine: Engine): Promise<void> {
    try {
      const response = await engine(this.#request());
      if (this.#isOver) return release(response);
      const head = encodeHead(response);
      if (head.length > largestMessageBytes) throw new Failure('internal', "the answer's head is too large for the link");
      this.out.mark(frameTypes.head, { payload: head });
      this.#sending = pump(this.#outputOf(response), this.out, frameTypes.output);
      if (await this.#sending.done) this.#answered();
    } catch (thrown) {
      const failure = Failure.from(thrown);
      if (this.#isOver) return;
      if (failure.code !== 'cancelled') this.#opened.onFailure?.(failure);
      this.#wire.outbox.now(this.#id, frameTypes.reset, encodeFailure(failure));
      this.#end(failure);
    }
  }

  #answered(): void {
    if (this.#isOver) return;
    // The channel stays until its end has gone out: what is queued before it needs credit, which finds only open channels.
    const sent = (): void => {
      this.#hasAnswerEnded = true;
      this.#finish();
    };
    this.out.mark(frameTypes.outputEnd, { sent });
    if (this.#isPlain && !this.#hasBodyEnded) this.#stop();
  }

  receive({ type, payload }: Frame): void {
    switch (type) {
      case frameTypes.body:
        if (this.#hasBodyEnded) throw new Failure('invalid', 'a body after its end');
        this.#window.received(payload.length);
        return this.#take(this.#body, payload);
      case frameTypes.bodyEnd:
        if (this.#hasBodyEnded) throw new Failure('invalid', 'a second end of a body');
        this.#hasBodyEnded = true;
        this.#body.end();
        return this.#finish();
      case frameTypes.input:
        if (!this.#hasBodyEnded || this.#hasInputEnded) throw new Failure('invalid', 'input before the end of the body or after its own');
        this.#window.received(payload.length);
        return this.#take(this.#input, payload);
      case frameTypes.inputEnd:
        if (!this.#hasBodyEnded || this.#hasInputEnded) throw new Failure('invalid', 'a second end of input');
        this.#hasInputEnded = true;
        this.#input.end();
        return this.#finish();
      case frameTypes.reset:
        return this.#end(decodeFailure(payload));
      case frameTypes.open:
        throw new Failure('invalid', 'a channel is opened twice');
      case frameTypes.head:
      case frameTypes.output:
      case frameTypes.outputEnd:
      case frameTypes.stop:
      case frameTypes.goOn:
      case frameTypes.credit:
        throw new Failure('invalid', `frame type ${type} is for the other side`);
    }
  }

  lost(failure: Failure): void {
    this.#end(failure);
  }

  #request(): EngineRequest {
    const { hasBody, ...head } = this.#opened.message;
    return { ...head, body: hasBody ? this.#askedBody() : noBytes, signal: this.#abort.signal };
  }

  /** Where the client waits for 100-continue the first pull lets the body come. */
  #askedBody(): Bytes {
    if (this.#opened.message.headers.get('expect')?.toLowerCase() !== '100-continue') return this.#body.bytes;
    const iterator = this.#body.bytes[Symbol.asyncIterator]();
    let isAsked = false;
    return pulledBytes(
      async () => {
        if (!isAsked && !this.#isOver) this.#wire.outbox.now(this.#id, frameTypes.goOn, new Uint8Array());
        isAsked = true;
        const next = await iterator.next();
        return next.done ? undefined : next.value;
      },
      () => void iterator.return?.(),
    );
  }

  #outputOf(response: EngineResponse): Bytes {
    if (response.kind === 'hijacked') {
      this.out.isTerminal = true;
      // A body that nobody read must not keep the input from coming.
      this.#window.taken(this.#body.discard());
      return response.open(this.#input.bytes);
    }
    this.#isPlain = true;
    const isBodiless = this.#opened.message.method === 'HEAD' || response.status === 204 || response.status === 304;
    if (!isBodiless) return response.body instanceof Uint8Array ? whole(response.body) : response.body;
    release(response);
    return noBytes;
  }

  /** What a reader does not want any more is given back its credit and dropped. */
  #take(queue: ByteQueue, payload: Uint8Array): void {
    if (queue.isStopped) this.#window.taken(payload.length);
    else queue.offer(payload);
  }

  #stop(): void {
    if (this.#isOver || this.#hasStopped || this.#hasInputEnded) return;
    this.#hasStopped = true;
    this.out.mark(frameTypes.stop);
    this.#finish();
  }

  /** Lets go of the channel once both ways are over. */
  #finish(): void {
    const isReceivingOver = this.#hasStopped || (this.#isPlain ? this.#hasBodyEnded : this.#hasInputEnded);
    if (!this.#hasAnswerEnded || !isReceivingOver || this.#isOver) return;
    this.#isOver = true;
    this.#wire.remove(this.#id);
  }

  #end(failure: Failure): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.out.drop();
    this.#body.fail(failure);
    this.#input.fail(failure);
    this.#sending?.stop();
    this.#wire.remove(this.#id);
    this.#abort.abort(failure);
  }
}

/** An answer that nobody is there for: what it holds open is told to stop. */
function release(response: EngineResponse): void {
  if (response.kind === 'hijacked' || response.body instanceof Uint8Array) return;
  void Promise.resolve(response.body[Symbol.asyncIterator]().return?.()).catch(() => undefined);
}

function whole(body: Uint8Array): Bytes {
  let isTaken = false;
  return pulledBytes(() => {
    const chunk = isTaken || body.length === 0 ? undefined : body;
    isTaken = true;
    return Promise.resolve(chunk);
  });
}
