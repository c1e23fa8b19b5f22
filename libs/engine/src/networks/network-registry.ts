import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import type { NetworkId } from '../ids.ts';
import { RecordDirectory } from '../state/record-directory.ts';
import { removeWhole } from '../state/remove-whole.ts';
import { findNetwork, type Network, networkSchema } from './network.ts';
import { durableStep } from '../state/durable-step.ts';

const file = 'network.json';

/** The networks that this engine knows, kept in `networks/<id>/network.json`. */
export class NetworkRegistry {
  readonly #records: RecordDirectory;
  readonly #networks = new Map<NetworkId, Network>();

  private constructor(records: RecordDirectory) {
    this.#records = records;
  }

  /** Reads all; a record that cannot be read is put aside and reported. */
  static async open(directory: string, report: (problem: string) => void): Promise<NetworkRegistry> {
    const records = await RecordDirectory.open(directory, file);
    const networks: Network[] = [];
    for (const id of await records.ids()) {
      try {
        networks.push(await records.read(id, file, networkSchema));
      } catch (thrown) {
        report(`${Failure.from(thrown).message}; put aside at ${await records.quarantine(id)}`);
      }
    }
    const registry = new NetworkRegistry(records);
    const byAge = networks.sort((one, other) => (`${one.createdAt} ${one.name}` < `${other.createdAt} ${other.name}` ? -1 : 1));
    for (const network of byAge) registry.#networks.set(network.id, network);
    return registry;
  }

  /** The oldest first. */
  list(): readonly Network[] {
    return [...this.#networks.values()];
  }

  /** By name, id or unique prefix of an id. Fails with `not-found` in dockerd's words. */
  find(nameOrId: string): Network {
    return findNetwork(this.list(), nameOrId);
  }

  named(name: string): Network | undefined {
    return this.list().find((network) => network.name === name);
  }

  /** Fails with `conflict` where another network has the name. */
  async add(network: Network): Promise<void> {
    if (this.named(network.name)) throw new Failure('conflict', messages.networkNameTaken(network.name));
    this.#networks.set(network.id, network);
    try {
      await durableStep('network.directory', () => this.#records.create(network.id));
      await durableStep('network.record', () => this.#records.write(network.id, file, { value: network, how: 'durably' }));
    } catch (thrown) {
      this.#networks.delete(network.id);
      await this.#records.remove(network.id);
      throw thrown;
    }
  }

  async replace(network: Network): Promise<void> {
    // Each start says what the settings say: a full disk keeps none from opening that changes nothing.
    if (isDeepStrictEqual(written(this.#networks.get(network.id)), written(network))) return;
    this.#networks.set(network.id, network);
    await this.#records.write(network.id, file, { value: network, how: 'durably' });
  }

  /** Nobody finds it from now on. Its record goes after what it has in the kernel: a killed engine finds the one by the other. */
  async remove(network: Network, clearKernel: () => Promise<void>): Promise<void> {
    this.#networks.delete(network.id);
    try {
      await clearKernel();
    } catch (cause) {
      this.#networks.set(network.id, network);
      throw cause;
    }
    await removeWhole(this.#records.path(network.id), 'network');
  }
}

/** As its record has it: without what is undefined. */
const written = (network: Network | undefined): unknown => JSON.parse(JSON.stringify(network ?? null));

/** 64 random hex digits. */
export const newId = (): string => randomBytes(32).toString('hex');
export const newNetworkId = (): NetworkId => newId() as NetworkId;
