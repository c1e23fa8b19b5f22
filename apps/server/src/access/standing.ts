import type { Grant } from '@gantry/access';
import { Failure } from '@gantry/base';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { RightsService } from './rights.service.ts';

/** Something that is open as long as its owner may have it. Dispose it when it has ended by itself. */
export interface Hold extends Disposable {
  /** Aborts, with a `forbidden` that says what is missing, at the moment when the right is gone. */
  readonly signal: AbortSignal;
}

interface Held {
  /** Throws where what was decided would be decided otherwise now. */
  readonly decideAgain: () => void;
  readonly ending: AbortController;
}

/** What is open (terminals, streams, uploads) is decided again whenever somebody's rights, or groups or labels of a host, change. */
@Injectable()
export class Standing implements OnModuleInit, OnModuleDestroy {
  readonly #held = new Set<Held>();
  readonly #decideAll = (): void => [...this.#held].forEach((held) => this.#decide(held));

  constructor(private readonly rights: RightsService) {}

  onModuleInit(): void {
    this.rights.changes.on('changed', this.#decideAll);
  }

  onModuleDestroy(): void {
    this.rights.changes.off('changed', this.#decideAll);
  }

  /** How much is open. */
  get size(): number {
    return this.#held.size;
  }

  /** The grants of everybody, by which it is decided what belongs to whom. */
  get grants(): readonly Grant[] {
    return this.rights.all;
  }

  /** Keeps an eye on something that has just been decided; `decideAgain` has to read the rights anew each time. */
  hold(decideAgain: () => void): Hold {
    const held: Held = { decideAgain, ending: new AbortController() };
    this.#held.add(held);
    this.#decide(held);
    return { signal: held.ending.signal, [Symbol.dispose]: () => void this.#held.delete(held) };
  }

  #decide(held: Held): void {
    try {
      held.decideAgain();
    } catch (thrown) {
      this.#held.delete(held);
      held.ending.abort(new Failure('forbidden', `this was taken away: ${Failure.from(thrown).message}`, { cause: thrown }));
    }
  }
}
