import { isDeepStrictEqual } from 'node:util';
import { deflateRawSync } from 'node:zlib';
import { type FleetNumbers, plainBytes } from '@gantry/contract';
import type { FleetChange, FleetRow, FleetSample } from '@gantry/engine-api';

/** What has changed of a row that pages know. */
export function changeDouble(before: FleetRow | undefined, now: FleetRow): FleetChange[] {
  if (!before) return [];
  const fields = [...new Set([...Object.keys(before), ...Object.keys(now)])] as (keyof FleetRow)[];
  const changed = fields.filter((field) => !isDeepStrictEqual(before[field], now[field])).map((field) => [field, now[field] ?? null]);
  return [{ key: now.key, ...(Object.fromEntries(changed) as Omit<FleetChange, 'key'>) }];
}

export function columnsDouble(samples: readonly FleetSample[]): FleetNumbers {
  const fields = [
    'key',
    'cpuPermille',
    'memoryBytes',
    'receiveBps',
    'sendBps',
    'readBps',
    'writeBps',
    'throttledPermille',
    'pids',
  ] as const;
  const columns = fields.map((field) => [field, samples.map((sample) => sample[field])]);
  return { epoch: 'e', ...Object.fromEntries(columns) } as FleetNumbers;
}

/** Large payloads as bytes, as the server sends them. */
export function packedDouble(payload: unknown): unknown {
  const text = Buffer.from(JSON.stringify(payload));
  return text.length > plainBytes ? deflateRawSync(text, { level: 3 }) : payload;
}
