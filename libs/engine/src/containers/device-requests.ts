import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import type { DeviceRequest } from './container-config.ts';
import { type CdiDevices, type CdiEdits, type CdiHook, readCdiDevices } from './cdi-specs.ts';
import { type DeviceNode, type DeviceRule, nodesAt } from './devices.ts';
import type { RuntimeMount } from './runtime-mounts.ts';

/** What requested devices add to a container. */
export interface InjectedDevices {
  readonly nodes: readonly DeviceNode[];
  readonly rules: readonly DeviceRule[];
  readonly env: readonly string[];
  readonly mounts: readonly RuntimeMount[];
  readonly hooks: Readonly<Record<string, readonly Omit<CdiHook, 'hookName'>[]>>;
  readonly additionalGids: readonly number[];
}

const nothing: InjectedDevices = { nodes: [], rules: [], env: [], mounts: [], hooks: {}, additionalGids: [] };
/** The kind of those that `--gpus` asks for, as nvidia-ctk describes them. */
const gpuKind = 'nvidia.com/gpu';

/** Finds the devices that a request names (`--gpus`, `--device vendor.com/class=name`). Fails with `invalid` in dockerd's words. */
export async function injectedDevices(
  host: { readonly cdiSpecDirectories: readonly string[]; readonly report: (problem: string, cause: unknown) => void },
  requests: readonly DeviceRequest[] | null,
): Promise<InjectedDevices> {
  if (!requests || requests.length === 0) return nothing;
  const known = await readCdiDevices(host.cdiSpecDirectories, host.report);
  const names = [...new Set(requests.flatMap((request) => namesOf(request, known)))];
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0) throw new Failure('invalid', messages.unknownCdiDevices(unknown));
  // The edits of a kind stand with each of its devices and count once.
  return joined([...new Set(names.flatMap((name) => known.get(name) ?? []))]);
}

function namesOf({ Driver = '', Count = 0, DeviceIDs, Capabilities }: DeviceRequest, known: CdiDevices): string[] {
  const ids = DeviceIDs ?? [];
  if (Driver === 'cdi') return [...ids];
  const wanted = Capabilities ?? [];
  const ofKind = [...known.keys()].filter((name) => name.startsWith(`${gpuKind}=`));
  const asksGpu = wanted.some((all) => all.includes('gpu'));
  if (!['', 'nvidia'].includes(Driver) || !asksGpu || ofKind.length === 0) {
    throw new Failure('invalid', messages.noDeviceDriver(Driver, wanted));
  }
  if (ids.length > 0) return ids.map((id) => `${gpuKind}=${id}`);
  if (Count < 0) return ofKind.includes(`${gpuKind}=all`) ? [`${gpuKind}=all`] : ofKind;
  return Array.from({ length: Count === 0 ? 1 : Count }, (_, index) => `${gpuKind}=${index}`);
}

async function joined(all: readonly CdiEdits[]): Promise<InjectedDevices> {
  const found = await Promise.all(all.flatMap(({ deviceNodes }) => deviceNodes.map(nodesOf)));
  const hooks: Record<string, Omit<CdiHook, 'hookName'>[]> = {};
  for (const { hookName, ...hook } of all.flatMap((edits) => edits.hooks)) (hooks[hookName] ??= []).push(hook);
  return {
    nodes: found.flatMap(({ nodes }) => nodes),
    rules: found.flatMap(({ rules }) => rules),
    env: all.flatMap(({ env }) => env),
    mounts: all.flatMap(({ mounts }) => mounts.map(mountOf)),
    hooks,
    additionalGids: all.flatMap(({ additionalGids }) => additionalGids),
  };
}

type CdiNode = CdiEdits['deviceNodes'][number];

/** Numbers that the specification leaves out are those of the device on this host. */
async function nodesOf({ path, hostPath, permissions, ...given }: CdiNode): Promise<{ nodes: DeviceNode[]; rules: DeviceRule[] }> {
  const source = hostPath ?? path;
  const found = await nodesAt(source, path);
  if (found.length === 0) throw new Failure('invalid', messages.cdiFailed(`failed to stat CDI host device ${JSON.stringify(source)}`));
  const nodes = found.map((node) => ({
    ...node,
    ...(given.major !== undefined && given.minor !== undefined && { major: given.major, minor: given.minor }),
    ...(given.fileMode !== undefined && { fileMode: given.fileMode }),
    ...(given.uid !== undefined && { uid: given.uid }),
    ...(given.gid !== undefined && { gid: given.gid }),
  }));
  return { nodes, rules: nodes.map(({ type, major, minor }) => ({ allow: true, type, major, minor, access: permissions })) };
}

function mountOf({ hostPath, containerPath, options, type }: CdiEdits['mounts'][number]): RuntimeMount {
  return {
    destination: containerPath,
    source: hostPath,
    type: type ?? 'bind',
    options: options.length > 0 ? options : ['rbind', 'rprivate'],
  };
}
