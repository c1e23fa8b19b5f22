import { inflateRawSync } from 'node:zlib';
import { browserSocket, FleetNumbers, type SocketRow } from '@gantry/contract';

/** What a page has heard, as its row says; fails on a payload that is not so. */
export function heardAs({ isPacked, payload: schema, event }: SocketRow, payload: unknown): unknown {
  const plain = isPacked && Buffer.isBuffer(payload) ? (JSON.parse(inflateRawSync(payload).toString()) as unknown) : payload;
  const parsed = schema.safeParse(plain);
  if (!parsed.success) throw new Error(`the event ${event} carries what its row does not say: ${parsed.error.message}`);
  return parsed.data;
}

const told = new Map<string, SocketRow>(Object.values(browserSocket).flatMap((row) => (row.from === 'server' ? [[row.event, row]] : [])));

/** The same for an event of a name; that of an event which has no row, or of a frame, as it came. */
export function heardBy(event: string, payload: unknown): unknown {
  const row = told.get(event);
  return row ? heardAs(row, payload) : payload;
}

/** The containers that numbers are of. */
export function keysOf(numbers: unknown): number[] {
  return FleetNumbers.parse(numbers).key;
}
