import { readFile } from 'node:fs/promises';
import { arch, cpus, hostname, networkInterfaces, release, totalmem } from 'node:os';
import { version } from '@gantry/base';
import type { HostFacts } from '@gantry/link';

/** Links that containers and their engines make: their addresses lead to no host. */
const innerLink = /^(docker|br-|veth|gantry|g[0-9a-f]{6}|cni|flannel|virbr|podman)/;

/** What this host says of itself, with the engine that it offers. */
export async function hostFacts(engine: HostFacts['engine']): Promise<HostFacts> {
  const [system, bootId] = await Promise.all([readText('/etc/os-release'), readText('/proc/sys/kernel/random/boot_id')]);
  return {
    hostname: hostname(),
    operatingSystem: /^PRETTY_NAME="?([^"\n]*)/m.exec(system)?.[1] ?? 'Linux',
    kernel: release(),
    architecture: arch(),
    cpus: cpus().length,
    memoryBytes: totalmem(),
    engine,
    agentVersion: version,
    addresses: addresses(),
    bootId: bootId.trim(),
  };
}

function addresses(): string[] {
  const outward = Object.entries(networkInterfaces()).filter(([name]) => !innerLink.test(name));
  return outward
    .flatMap(([, links]) => links ?? [])
    .filter(({ internal, scopeid = 0 }) => !internal && scopeid === 0)
    .map(({ address }) => address)
    .slice(0, 32);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return '';
  }
}
