import { Failure } from '@gantry/base';

const xattrPrefix = 'SCHILY.xattr.';
const sparseMap = 'GNU.sparse.map';

/** The records of one pax header ("x") that bear on us; texts are byte strings. */
export interface PaxRecords {
  readonly values: ReadonlyMap<string, string>;
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
}

export const noPaxRecords: PaxRecords = { values: new Map(), xattrs: new Map() };

/** `%d key=value\n`, again and again; values are bytes, so they are cut by length and never decoded as a whole. Fails with `invalid`. */
export function parsePax(bytes: Uint8Array): PaxRecords {
  const values = new Map<string, string>();
  const xattrs = new Map<string, Uint8Array>();
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < buffer.length;) {
    const space = buffer.indexOf(0x20, at);
    const digits = buffer.toString('latin1', at, Math.max(space, at));
    if (space < 0 || !/^[1-9][0-9]{0,8}$/.test(digits)) throw new Failure('invalid', 'tar archive has a malformed pax record');
    const end = at + Number(digits);
    const equals = buffer.indexOf(0x3d, space);
    if (end > buffer.length || equals < 0 || equals >= end || buffer[end - 1] !== 0x0a) {
      throw new Failure('invalid', 'tar archive has a malformed pax record');
    }
    keep({ values, xattrs }, buffer.toString('latin1', space + 1, equals), buffer.subarray(equals + 1, end - 1));
    at = end;
  }
  return { values, xattrs };
}

function keep(records: { values: Map<string, string>; xattrs: Map<string, Uint8Array> }, key: string, value: Buffer): void {
  if (key.startsWith(xattrPrefix)) records.xattrs.set(key.slice(xattrPrefix.length), Uint8Array.from(value));
  else if (value.includes(0) && (key === 'path' || key === 'linkpath'))
    throw new Failure('invalid', 'tar archive has a name with a NUL byte');
  else if (key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes') {
    // The oldest form of a sparse file's map: a record for each number. Later ones put all into one.
    const before = records.values.get(sparseMap);
    records.values.set(sparseMap, before === undefined ? value.toString('latin1') : `${before},${value.toString('latin1')}`);
  } else records.values.set(key, value.toString('latin1'));
}

/** `1700000000.123456789`, perhaps negative. */
export function paxTime(text: string): { seconds: number; nanoseconds: number } {
  const match = /^(-?)([0-9]{1,15})(?:\.([0-9]*))?$/.exec(text);
  if (match === null) throw new Failure('invalid', `tar archive has the time ${JSON.stringify(text)}`);
  const [, sign = '', whole = '', fraction = ''] = match;
  const nanoseconds = Number(fraction.padEnd(9, '0').slice(0, 9));
  const seconds = Number(whole);
  if (sign === '') return { seconds, nanoseconds };
  return nanoseconds === 0 ? { seconds: -seconds, nanoseconds } : { seconds: -seconds - 1, nanoseconds: 1e9 - nanoseconds };
}

export function paxNumber(text: string): number {
  const value = Number(text);
  if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(value))
    throw new Failure('invalid', `tar archive has the number ${JSON.stringify(text)}`);
  return value;
}

/** One record; its length counts its own digits. */
export function paxRecord(key: string, value: Uint8Array): Uint8Array {
  const rest = Buffer.concat([Buffer.from(` ${key}=`, 'latin1'), value, Buffer.from('\n')]);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

export { xattrPrefix };
