import type { ApiVersion } from './api-version.ts';

type Answer = Readonly<Record<string, unknown>>;

/** A field that not every version of the API has. `whenMissing` makes it for the versions that have it, from an answer of the newest version. */
interface Change {
  readonly field: string;
  /** The first version that has it. */
  readonly since?: string;
  /** The first version that no longer has it. */
  readonly until?: string;
  readonly whenMissing?: (answer: Answer) => unknown;
}

const isOn = (): boolean => true;

/** Docker's version history, as far as a client can tell the difference. */
const changes = {
  SystemInfo: [
    { field: 'KernelMemory', until: '1.42', whenMissing: isOn },
    { field: 'CDISpecDirs', since: '1.44' },
    { field: 'Containerd', since: '1.46' },
    { field: 'FirewallBackend', since: '1.49' },
    { field: 'DiscoveredDevices', since: '1.50' },
    { field: 'BridgeNfIptables', until: '1.50', whenMissing: isOn },
    { field: 'BridgeNfIp6tables', until: '1.50', whenMissing: isOn },
  ],
  DiskUsage: [{ field: 'BuilderSize', until: '1.42', whenMissing: () => 0 }],
  ImageSummary: [
    { field: 'VirtualSize', until: '1.44', whenMissing: ({ Size }) => Size },
    { field: 'Manifests', since: '1.47' },
    { field: 'Descriptor', since: '1.48' },
  ],
  ImageInspect: [
    { field: 'VirtualSize', until: '1.44', whenMissing: ({ Size }) => Size },
    { field: 'Container', until: '1.45', whenMissing: () => '' },
    { field: 'ContainerConfig', until: '1.45', whenMissing: () => ({}) },
    { field: 'Manifests', since: '1.48' },
    { field: 'Descriptor', since: '1.48' },
  ],
  ContainerSummary: [{ field: 'ImageManifestDescriptor', since: '1.48' }],
  ContainerInspect: [{ field: 'ImageManifestDescriptor', since: '1.48' }],
} as const satisfies Readonly<Record<string, readonly Change[]>>;

export type Shaped = keyof typeof changes;

/** An answer of the newest version as an older one has it: younger fields dropped, retired ones put back. */
export function shaped(type: Shaped, version: ApiVersion, answer: Answer): Answer {
  const shape = new Map(Object.entries(answer));
  for (const change of changes[type] as readonly Change[]) {
    const { field, whenMissing } = change;
    if (!has(change, version)) shape.delete(field);
    else if (whenMissing && !shape.has(field)) shape.set(field, whenMissing(answer));
  }
  return Object.fromEntries(shape);
}

function has({ since, until }: Change, version: ApiVersion): boolean {
  return (since === undefined || version.atLeast(since)) && (until === undefined || !version.atLeast(until));
}
