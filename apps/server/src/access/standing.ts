import { decide, type Permission, type Resource, type Rights } from '@gantry/access';
import { Failure } from '@gantry/base';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Resources } from './resources.ts';
import { RightsService } from './rights.service.ts';

/** Something that is open as long as its owner may have it. Dispose it when it has ended by itself. */
export interface Hold extends Disposable {
  /** Aborts, with a `forbidden` that says what was taken away, at the moment when the right is gone. Aborted from the start where it is not there. */
  readonly signal: AbortSignal;
}

interface Held {
  readonly rights: Rights;
  readonly permission: Permission;
  readonly resource: Resource;
  readonly ending: AbortController;
}

/** What is open (terminals, streams, uploads, sockets) is decided again whenever somebody's rights, or groups or labels of a host, change. */
@Injectable()
export class Standing implements OnModuleInit, OnModuleDestroy {
  readonly #held = new Set<Held>();
  readonly #recheck = (): void => this.#endWhatIsOver();

  constructor(
    private readonly rights: RightsService,
    private readonly resources: Resources,
  ) {}

  onModuleInit(): void {
    this.rights.changes.on('changed', this.#recheck);
  }

  onModuleDestroy(): void {
    this.rights.changes.off('changed', this.#recheck);
  }

  /** How much is open. */
  get size(): number {
    return this.#held.size;
  }

  /** Keeps an eye on something that was decided and is now open. */
  hold({ rights }: { readonly rights: Rights }, permission: Permission, resource: Resource): Hold {
    const held: Held = { rights, permission, resource, ending: new AbortController() };
    this.#held.add(held);
    this.#check(held);
    return { signal: held.ending.signal, [Symbol.dispose]: () => void this.#held.delete(held) };
  }

  #endWhatIsOver(): void {
    for (const held of [...this.#held]) this.#check(held);
  }

  #check(held: Held): void {
    const { rights, permission, resource, ending } = held;
    if (decide(rights, permission, this.resources.again(resource))) return;
    this.#held.delete(held);
    ending.abort(new Failure('forbidden', `${permission} was taken away`));
  }
}
