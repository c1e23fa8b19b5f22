import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import type { ContainerRecord } from './container.ts';
import type { ManagedContainer } from './managed-container.ts';
import { randomName } from './random-name.ts';

/** Containers by id and by name; a name is taken before its container exists, so that two requests cannot both get it. */
export class ContainerNames {
  readonly #byId = new Map<string, ManagedContainer>();
  readonly #byName = new Map<string, ManagedContainer>();
  readonly #reserved = new Set<string>();

  get all(): readonly ManagedContainer[] {
    return [...this.#byId.values()];
  }

  /** By id, name (with or without slash) or a beginning that only one id has. Fails with `not-found`, and with `invalid` for '' and an ambiguous beginning. */
  find(reference: string): ManagedContainer {
    if (reference === '') throw new Failure('invalid', messages.emptyReference);
    const exact = this.#byId.get(reference) ?? this.#byName.get(reference.replace(/^\//, ''));
    if (exact) return exact;
    const found = /^[0-9a-f]+$/.test(reference) ? this.all.filter(({ id }) => id.startsWith(reference)) : [];
    if (found.length > 1) throw new Failure('invalid', messages.ambiguousPrefix(reference));
    if (!found[0]) throw new Failure('not-found', messages.noSuchContainer(reference));
    return found[0];
  }

  /** Takes a name ('' for a random one) until disposed. Fails with `invalid` for a wrong name and `conflict` for a taken one. */
  reserve(wanted: string): { readonly text: string } & Disposable {
    const text = wanted === '' ? this.#freeName() : checkedName(wanted);
    const owner = this.#byName.get(text);
    if (owner || this.#reserved.has(text)) throw new Failure('conflict', messages.nameInUse(text, owner?.id ?? ''));
    this.#reserved.add(text);
    return { text, [Symbol.dispose]: () => this.#reserved.delete(text) };
  }

  /** Known until it is removed. */
  add(container: ManagedContainer): void {
    this.#byId.set(container.id, container);
    this.#byName.set(container.name, container);
    container.listen((change) => {
      if (change.kind === 'removed') this.#remove(container);
    });
  }

  rename(container: ManagedContainer, record: ContainerRecord): void {
    this.#byName.delete(container.name);
    container.record = record;
    this.#byName.set(record.name, container);
  }

  #remove(container: ManagedContainer): void {
    this.#byId.delete(container.id);
    if (this.#byName.get(container.name) === container) this.#byName.delete(container.name);
  }

  #freeName(): string {
    for (let attempt = 0; ; attempt++) {
      const name = randomName(attempt);
      if (!this.#byName.has(name) && !this.#reserved.has(name)) return name;
    }
  }
}

function checkedName(wanted: string): string {
  const name = wanted.replace(/^\//, '');
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) throw new Failure('invalid', messages.invalidContainerName(wanted));
  return name;
}
