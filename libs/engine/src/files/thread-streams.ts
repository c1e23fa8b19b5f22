import type { MessagePort } from 'node:worker_threads';
import { Failure } from '@gantry/base';
import type { FileHead } from './file-task.ts';
import type { PathStat } from './path-stat.ts';
import { inputWindow, outputPieceBytes, outputWindow, type ViewAnswer, type ViewMessage } from './thread-messages.ts';

/** The thread's end of the streams between it and the engine: output under credit, input on demand. */
export class ThreadStreams implements Disposable {
  readonly #port: MessagePort;
  readonly #answers: ViewAnswer[] = [];
  #wake: () => void = () => undefined;
  #underWay = 0;
  #piece = Buffer.allocUnsafeSlow(outputPieceBytes);
  #filled = 0;

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', this.#hear);
  }

  readonly #hear = (answer: ViewAnswer): void => {
    this.#answers.push(answer);
    this.#wake();
  };

  [Symbol.dispose](): void {
    this.#port.off('message', this.#hear);
  }

  /** What the engine sends, piece by piece. Fails with `cancelled`. */
  async *input(): AsyncGenerator<Uint8Array, void, undefined> {
    for (let wanted = 0; wanted < inputWindow; wanted++) this.#say({ kind: 'want' });
    for (;;) {
      const answer = await this.#answer();
      if (answer.kind === 'end') return;
      if (answer.kind !== 'input') continue;
      this.#say({ kind: 'want' });
      yield answer.bytes;
    }
  }

  readonly tell = (head: PathStat | FileHead | undefined): void => this.#say({ kind: 'head', head });

  readonly write = async (bytes: Uint8Array): Promise<void> => {
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + outputPieceBytes - this.#filled);
      this.#piece.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === outputPieceBytes) await this.flush();
    }
  };

  async flush(): Promise<void> {
    if (this.#filled === 0) return;
    while (this.#underWay >= outputWindow) if ((await this.#answer()).kind === 'taken') this.#underWay--;
    const bytes = new Uint8Array(this.#piece.buffer, 0, this.#filled);
    this.#port.postMessage({ kind: 'bytes', bytes } satisfies ViewMessage, [bytes.buffer]);
    this.#underWay++;
    this.#piece = Buffer.allocUnsafeSlow(outputPieceBytes);
    this.#filled = 0;
  }

  #say(message: ViewMessage): void {
    this.#port.postMessage(message);
  }

  async #answer(): Promise<ViewAnswer> {
    for (;;) {
      const answer = this.#answers.shift();
      if (answer?.kind === 'cancel') throw new Failure('cancelled', 'the caller is gone');
      if (answer !== undefined) return answer;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
