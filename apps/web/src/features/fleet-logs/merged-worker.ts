import { type Ref, shallowRef } from 'vue';
import type { MergedLine } from './merged-log.ts';
import type { FromWorker, ToWorker } from './messages.ts';

export interface MergedState {
  readonly total: number;
  readonly shown: number;
  readonly dropped: number;
}

/** The worker that holds the lines, as the page speaks with it. `end` stops it. */
export class MergedWorker {
  readonly state: Ref<MergedState> = shallowRef({ total: 0, shown: 0, dropped: 0 });
  readonly #worker = new Worker(new URL('./merged-log.worker.ts', import.meta.url), { type: 'module' });
  readonly #slices = new Map<number, (lines: readonly MergedLine[]) => void>();
  readonly #places = new Map<number, (index: number) => void>();
  #lastId = 0;

  constructor() {
    this.#worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => this.#take(data));
  }

  post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  slice(from: number, to: number): Promise<readonly MergedLine[]> {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#slices.set(id, resolve);
      this.post({ kind: 'slice', id, from, to });
    });
  }

  /** The first shown line of this time or later. */
  indexAt(atMs: number): Promise<number> {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#places.set(id, resolve);
      this.post({ kind: 'indexAt', id, atMs });
    });
  }

  end(): void {
    this.#worker.terminate();
  }

  #take(message: FromWorker): void {
    switch (message.kind) {
      case 'state':
        this.state.value = message;
        return;
      case 'slice':
        this.#slices.get(message.id)?.(message.lines);
        this.#slices.delete(message.id);
        return;
      case 'indexAt':
        this.#places.get(message.id)?.(message.index);
        this.#places.delete(message.id);
    }
  }
}
