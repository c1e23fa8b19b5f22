import type { Bytes, EngineRequest } from '@gantry/engine-api';

const largestBodyBytes = 4 * 1024 * 1024;

/** What every container may have: anything else in a request that sets rights counts as elevated, fields that nobody knows yet included. */
const plainHostFields = new Set(
  [
    'AutoRemove', 'BlkioWeight', 'CapDrop', 'ConsoleSize', 'CpuCount', 'CpuPercent', 'CpuPeriod', 'CpuQuota', 'CpuShares', 'CpusetCpus', 'CpusetMems',
    'Dns', 'DnsOptions', 'DnsSearch', 'ExtraHosts', 'GroupAdd', 'Init', 'Isolation', 'KernelMemory', 'Links', 'LogConfig', 'MaskedPaths', 'Memory', 'MemoryReservation', 'MemorySwap',
    'MemorySwappiness', 'NanoCpus', 'OomKillDisable', 'OomScoreAdj', 'PidsLimit', 'PortBindings', 'PublishAllPorts', 'ReadonlyPaths', 'ReadonlyRootfs', 'RestartPolicy',
    'ShmSize', 'StorageOpt', 'Tmpfs', 'Ulimits', 'VolumeDriver', 'ContainerIDFile', 'Annotations',
  ].map((name) => name.toLowerCase()),
); // prettier-ignore

/** Whether a request asks for more than the default rights. The body is read and given again with the request. */
export async function isElevated(request: EngineRequest): Promise<{ isForbidden: boolean; again: EngineRequest }> {
  const body = await readAll(request.body);
  const again = { ...request, body: once(body) };
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body) || '{}');
    return { isForbidden: asksForMore(value), again };
  } catch {
    return { isForbidden: true, again };
  }
}

/** Keys as Go reads them: without regard to case. */
function asksForMore(value: unknown): boolean {
  return entriesOf(value).some(([key, field]) => {
    if (key === 'hostconfig') return entriesOf(field).some(([name, setting]) => !isPlain(name, setting));
    if (key === 'privileged') return field === true;
    if (key === 'driveropts') return entriesOf(field).length > 0;
    return false;
  });
}

function isPlain(name: string, setting: unknown): boolean {
  if (setting === null || setting === false || setting === '' || setting === 0) return true;
  if (entriesOf(setting).length === 0 && typeof setting === 'object') return true;
  if (name === 'maskedpaths' || name === 'readonlypaths') return false;
  if (name === 'binds') return Array.isArray(setting) && setting.every((bind) => typeof bind === 'string' && isVolumeName(bind));
  if (name === 'mounts') return Array.isArray(setting) && setting.every(isPlainMount);
  if (name === 'networkmode') return typeof setting === 'string' && setting !== 'host' && !setting.startsWith('container:');
  if (name === 'ipcmode') return setting === 'private' || setting === 'none' || setting === 'shareable';
  if (name === 'cgroupnsmode') return setting === 'private';
  return plainHostFields.has(name);
}

function isVolumeName(bind: string): boolean {
  return /^[A-Za-z0-9]/.test(bind);
}

function isPlainMount(mount: unknown): boolean {
  const fields = new Map(entriesOf(mount));
  const type = fields.get('type');
  return (
    (type === 'tmpfs' || type === 'volume') && entriesOf(new Map(entriesOf(fields.get('volumeoptions'))).get('driverconfig')).length === 0
  );
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value).map(([key, field]) => [key.toLowerCase(), field]) : [];
}

async function readAll(bytes: Bytes): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    // Cut off, so that it parses as nothing and is refused.
    if (size > largestBodyBytes) return new Uint8Array([0]);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

// eslint-disable-next-line @typescript-eslint/require-await -- bytes are an async iterable
async function* once(body: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < body.length; start += 65_536) yield body.subarray(start, start + 65_536);
}
