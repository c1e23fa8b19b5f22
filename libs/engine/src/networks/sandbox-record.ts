import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bootId } from '@gantry/linux';
import * as z from 'zod';
import type { ContainerId, NetworkId } from '../ids.ts';
import { removeUnfinished, writeWhole } from '../state/durable-file.ts';
import type { Endpoint } from './sandboxes.ts';

const address = z.object({ address: z.string(), prefixLength: z.number(), gateway: z.string() });

const endpoint = z.object({
  networkId: z.string().transform((id) => id as NetworkId),
  networkName: z.string(),
  endpointId: z.string(),
  /** The outer end of its cable; '' for host and none. */
  link: z.string(),
  /** Its name inside, as `eth0`. */
  device: z.string(),
  macAddress: z.string(),
  ipv4: address.optional(),
  ipv6: address.optional(),
  aliases: z.array(z.string()),
  /** `other:alias`, names of other containers of its network that it alone knows. */
  links: z.array(z.string()).optional(),
  gatewayPriority: z.number().optional(),
  linkLocalAddresses: z.array(z.string()).optional(),
  sysctls: z.record(z.string(), z.string()).optional(),
});

const port = z.object({
  containerPort: z.number(),
  protocol: z.enum(['tcp', 'udp', 'sctp']),
  address: z.string(),
  hostPort: z.number(),
});

const containerId = z.string().transform((id) => id as ContainerId);
const link = z.object({ container: containerId, ports: z.array(port.pick({ protocol: true }).extend({ port: z.number() })) });

/** What is known of a joined container, enough to take it all back: written before the kernel is touched. */
const sandboxRecord = z.object({
  container: containerId,
  containerName: z.string(),
  bootId: z.string(),
  namespacePath: z.string().optional(),
  endpoints: z.array(endpoint),
  ports: z.array(port),
  /** Whose ports on the default bridge it may reach. */
  links: z.array(link).optional(),
});

export type EndpointRecord = z.output<typeof endpoint>;
export type SandboxRecord = z.output<typeof sandboxRecord>;

/** Whether it has a link in a network; those of host and none do not. */
export const isWired = ({ macAddress }: Pick<Endpoint, 'macAddress'>): boolean => macAddress !== '';

export function endpointOf(record: EndpointRecord): Endpoint {
  const { networkName, networkId, endpointId, macAddress, ipv4, ipv6, aliases, gatewayPriority } = record;
  return { networkName, networkId, endpointId, macAddress, ...(ipv4 && { ipv4 }), ...(ipv6 && { ipv6 }), aliases, gatewayPriority };
}

/**
 * The records of joined containers, one file each in a directory that need not outlive a boot: what they tell of is gone then too, and
 * records of another boot are dropped.
 */
export class SandboxRecords {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async load(): Promise<SandboxRecord[]> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    await removeUnfinished(this.#directory);
    const boot = bootId();
    const names = (await readdir(this.#directory)).filter((name) => name.endsWith('.json'));
    const read = await Promise.all(names.map((name) => this.#read(join(this.#directory, name))));
    return read.flatMap((record) => (record?.bootId === boot ? [record] : []));
  }

  async save(record: SandboxRecord): Promise<void> {
    await writeWhole(this.#path(record.container), JSON.stringify(record));
  }

  async remove(container: ContainerId): Promise<void> {
    await rm(this.#path(container), { force: true });
  }

  /** Undefined, and gone: of another boot or torn. What it told of is found by its names. */
  async #read(path: string): Promise<SandboxRecord | undefined> {
    try {
      const record = sandboxRecord.parse(JSON.parse(await readFile(path, 'utf8')));
      if (record.bootId === bootId()) return record;
    } catch {
      // Falls through: dropped like one of another boot.
    }
    await rm(path, { force: true });
    return undefined;
  }

  #path(container: ContainerId): string {
    return join(this.#directory, `${container}.json`);
  }
}
