import { type ApiVersion, stringify } from '@gantry/engine-api';
import { runOf } from '../containers/container.ts';
import type { ManagedContainer } from '../containers/managed-container.ts';

/** An answer, and all of the container that it was made of. */
interface Told {
  readonly record: ManagedContainer['record'];
  readonly status: ManagedContainer['status'];
  readonly health: ManagedContainer['health'];
  readonly memoryKills: number;
  readonly execIds: string;
  readonly text: string;
}

/**
 * What inspect says of running containers, as JSON, for as long as nothing of it changes: programs ask for the same again and again. Record, status and health of a container
 * are replaced and never changed, so that whether they are the same objects tells. A container that is in no network is left out, since its answer may name networks that
 * come and go by themselves, and one that has links, since they are shown by the others' names.
 */
export class ToldInspections {
  readonly #told = new WeakMap<ManagedContainer, Map<number, Told>>();

  /** The text for this version of the API; made where there is none yet, or none that still holds. */
  async text(container: ManagedContainer, version: ApiVersion, make: () => Promise<unknown>): Promise<string> {
    const number = version.major * 1000 + version.minor;
    const known = this.#told.get(container)?.get(number);
    if (known !== undefined && holds(known, container)) return known.text;
    const { record, status, health, toldMemoryKills: memoryKills } = container;
    const hasLinks = (record.hostConfig.Links ?? []).length > 0;
    const isLasting = !hasLinks && (runOf(status.state)?.sandbox.endpoints.length ?? 0) > 0;
    const execIds = idsOf(container);
    const told = { record, status, health, memoryKills, execIds, text: stringify(await make()) };
    if (isLasting && holds(told, container)) this.#keep(container, number, told);
    return told.text;
  }

  #keep(container: ManagedContainer, number: number, told: Told): void {
    const ofVersions = this.#told.get(container) ?? new Map<number, Told>();
    ofVersions.set(number, told);
    this.#told.set(container, ofVersions);
  }
}

function holds(told: Told, container: ManagedContainer): boolean {
  const { record, status, health, toldMemoryKills } = container;
  const isSame = told.record === record && told.status === status && told.health === health && told.memoryKills === toldMemoryKills;
  return isSame && told.execIds === idsOf(container);
}

const idsOf = ({ execIds }: ManagedContainer): string => [...execIds].join(' ');
