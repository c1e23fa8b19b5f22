import type { EngineConfig } from '../config.ts';

const workers = 4;

/**
 * Where engines of a test take their subnets from: a part of 10.`second`.0.0/16 that no other Jest worker has. An engine leaves out what this machine
 * reaches; two that look at the same moment would still take the same subnet.
 */
export function testPool(second: number): EngineConfig['addressPools'][number] {
  const worker = Number(process.env['JEST_WORKER_ID'] ?? 1) % workers;
  return { base: `10.${second}.${(worker * 256) / workers}.0/18`, size: 24 };
}
