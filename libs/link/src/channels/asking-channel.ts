import { Failure } from '@gantry/base';
import { type Bytes, ByteQueue, type EngineRequest, type EngineResponse } from '@gantry/engine-api/client';
import { channelWindowBytes, encodeCredit, type Frame, frameTypes } from './frame.ts';
import { decodeFailure, decodeHead, encodeFailure } from './messages.ts';
import { type Channel, type Multiplexer, ReceiveWindow } from './multiplexer.ts';
import type { OutQueue } from './outbox.ts';
import { pump, type Pump } from './pump.ts';

/**
 * The asking end of one channel: one request whose answer comes over the wire. It ends when the answer has ended and nothing more is to be sent, or by
 * a reset of either side.
 */
export class AskingChannel implements Channel {
  readonly out: OutQueue;
  readonly #id: number;
  readonly #wire: Multiplexer;
  readonly #request: EngineRequest;
  readonly #head = Promise.withResolvers<EngineResponse>();
  readonly #window: ReceiveWindow;
  readonly #output: ByteQueue;
  readonly #onAbort: () => void;
  #sending: Pump | undefined;
  #input: Bytes | undefined;
  #hasHead = false;
  #isPlain = false;
  #hasOutputEnded = false;
  #isBodyOut = false;
  /** Nothing more goes out: body (of a plain answer) or input have ended, or are not wanted. */
  #isSendingOver = false;
  #isOver = false;

  constructor(id: number, wire: Multiplexer, request: EngineRequest) {
    this.#id = id;
    this.#wire = wire;
    this.#request = request;
    this.out = wire.outbox.queue(id);
    this.#window = new ReceiveWindow((bytes) => {
      if (!this.#isOver && !this.#hasOutputEnded) wire.outbox.now(id, frameTypes.credit, encodeCredit(bytes));
    });
    this.#output = new ByteQueue(channelWindowBytes, {
      taken: (bytes) => this.#window.taken(bytes),
      stopped: () => this.#cancel(new Failure('cancelled', 'nobody reads the answer any more')),
    });
    this.#onAbort = () => this.#cancel(new Failure('cancelled', 'the request was aborted', { cause: request.signal.reason }));
    request.signal.addEventListener('abort', this.#onAbort);
  }

  /** The answer. Rejects with `unavailable` where the link is lost, with `cancelled` after an abort, with the other side's failure after its reset. */
  get response(): Promise<EngineResponse> {
    return this.#head.promise;
  }

  /** Sends the body, at once or, where its client waits for 100-continue, when it is asked for. */
  start({ hasBody, isHeldBack }: { hasBody: boolean; isHeldBack: boolean }): void {
    if (this.#request.signal.aborted) this.#onAbort();
    else if (!hasBody) this.#isBodyOut = true;
    else if (!isHeldBack) this.#sendBody();
  }

  receive({ type, payload }: Frame): void {
    switch (type) {
      case frameTypes.goOn:
        if (this.#sending || this.#isBodyOut) throw new Failure('invalid', 'a body is asked for twice');
        return this.#sendBody();
      case frameTypes.head:
        return this.#answered(payload);
      case frameTypes.output:
        if (!this.#hasHead || this.#hasOutputEnded) throw new Failure('invalid', 'output outside an answer');
        this.#window.received(payload.length);
        return this.#output.offer(payload);
      case frameTypes.outputEnd:
        if (!this.#hasHead || this.#hasOutputEnded) throw new Failure('invalid', 'the end of an answer that is none');
        this.#hasOutputEnded = true;
        this.#output.end();
        return this.#finish();
      case frameTypes.stop:
        this.#sending?.stop();
        this.out.drop();
        this.#isSendingOver = true;
        return this.#finish();
      case frameTypes.reset:
        return this.#end(decodeFailure(payload));
      case frameTypes.open:
      case frameTypes.body:
      case frameTypes.bodyEnd:
      case frameTypes.input:
      case frameTypes.inputEnd:
      case frameTypes.credit:
        throw new Failure('invalid', `frame type ${type} is for the other side`);
    }
  }

  lost(failure: Failure): void {
    this.#end(failure);
  }

  #answered(payload: Uint8Array): void {
    if (this.#hasHead) throw new Failure('invalid', 'a second answer');
    const head = decodeHead(payload);
    this.#hasHead = true;
    const { headers } = head;
    if (head.kind === 'hijacked') return this.#head.resolve({ kind: 'hijacked', headers, open: (input) => this.#open(input) });
    this.#isPlain = true;
    this.#isSendingOver ||= this.#isBodyOut;
    this.#head.resolve({ kind: 'plain', status: head.status, headers, body: this.#output.bytes });
  }

  #open(input: Bytes): Bytes {
    if (this.#isOver || this.#isSendingOver) {
      void Promise.resolve(input[Symbol.asyncIterator]().return?.()).catch(() => undefined);
      return this.#output.bytes;
    }
    this.out.isTerminal = true;
    this.#input = input;
    // A body that nobody asked for never comes; one that is on its way goes first.
    if (!this.#sending && !this.#isBodyOut) this.#bodySent();
    else if (this.#isBodyOut) this.#sendInput();
    return this.#output.bytes;
  }

  #bodySent(): void {
    // The channel stays until its end has gone out: what is queued before it needs credit, which finds only open channels.
    const sent = (): void => {
      this.#isBodyOut = true;
      this.#isSendingOver ||= this.#isPlain;
      this.#finish();
      this.#sendInput();
    };
    this.out.mark(frameTypes.bodyEnd, { sent });
  }

  #sendInput(): void {
    if (!this.#input) return;
    this.#send(pump(this.#input, this.out, frameTypes.input), () => {
      const sent = (): void => {
        this.#isSendingOver = true;
        this.#finish();
      };
      this.out.mark(frameTypes.inputEnd, { sent });
    });
  }

  #sendBody(): void {
    this.#send(pump(this.#request.body, this.out, frameTypes.body), () => this.#bodySent());
  }

  #send(sending: Pump, ended: () => void): void {
    this.#sending = sending;
    sending.done.then(
      (isWhole) => {
        if (!isWhole || this.#isOver) return;
        ended();
      },
      (thrown: unknown) => this.#cancel(Failure.from(thrown)),
    );
  }

  /** Lets go of the channel once both ways are over. */
  #finish(): void {
    if (!this.#hasOutputEnded || !this.#isSendingOver || this.#isOver) return;
    this.#isOver = true;
    this.#letGo();
  }

  #cancel(failure: Failure): void {
    if (this.#isOver) return;
    this.#wire.outbox.now(this.#id, frameTypes.reset, encodeFailure(failure));
    this.#end(failure);
  }

  #end(failure: Failure): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.out.drop();
    this.#sending?.stop();
    this.#head.reject(failure);
    this.#output.fail(failure);
    this.#letGo();
  }

  #letGo(): void {
    this.#wire.remove(this.#id);
    this.#request.signal.removeEventListener('abort', this.#onAbort);
  }
}
