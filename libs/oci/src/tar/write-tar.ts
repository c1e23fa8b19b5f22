import { Failure } from '@gantry/base';
import { blockBytes, type TarHeader, type TarType } from './entry.ts';
import { paxRecord, xattrPrefix } from './pax.ts';

/** What is to be written; the body must have exactly `sizeBytes` bytes. What is left out is empty, zero or root's. */
export type TarInput = Partial<TarHeader> &
  Pick<TarHeader, 'type' | 'name'> & { readonly body?: AsyncIterable<Uint8Array> | Iterable<Uint8Array> };

const flags: Readonly<Record<TarType, string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  character: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};

const largestOctal = { id: 0o7777777, size: 0o77777777777 };

/** A tar archive (ustar, pax where a name, number or attribute needs it). Fails with `internal` where a body has another size than its header says. */
export async function* writeTar(entries: AsyncIterable<TarInput> | Iterable<TarInput>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const entry of entries) {
    const sizeBytes = entry.type === 'file' ? (entry.sizeBytes ?? 0) : 0;
    yield headerOf({ ...entry, sizeBytes });
    let left = sizeBytes;
    for await (const piece of left > 0 ? (entry.body ?? []) : []) {
      left -= piece.length;
      if (left < 0) break;
      yield piece;
    }
    if (left !== 0) throw new Failure('internal', `tar entry ${entry.name} does not have the ${sizeBytes} bytes that its header says`);
    const padding = (blockBytes - (sizeBytes % blockBytes)) % blockBytes;
    if (padding > 0) yield new Uint8Array(padding);
  }
  yield new Uint8Array(2 * blockBytes);
}

function headerOf(entry: TarInput): Uint8Array {
  const records: Uint8Array[] = [];
  const need = (key: string, bytes: string): void => {
    records.push(paxRecord(key, Buffer.from(bytes, 'latin1')));
  };
  const { name, linkName = '', uid = 0, gid = 0, sizeBytes = 0, mtime = { seconds: 0, nanoseconds: 0 } } = entry;
  if (!fits(name)) need('path', name);
  if (!fits(linkName)) need('linkpath', linkName);
  if (uid > largestOctal.id) need('uid', String(uid));
  if (gid > largestOctal.id) need('gid', String(gid));
  if (sizeBytes > largestOctal.size) need('size', String(sizeBytes));
  if (mtime.nanoseconds !== 0 || mtime.seconds < 0 || mtime.seconds > largestOctal.size) need('mtime', timeText(mtime));
  for (const [key, value] of entry.xattrs ?? []) records.push(paxRecord(xattrPrefix + key, value));
  const own = block(entry, flags[entry.type]);
  if (records.length === 0) return own;
  const pax = Buffer.concat(records);
  const paxHeader = block({ type: 'file', name: 'PaxHeaders.0/entry', mode: 0o644, sizeBytes: pax.length }, 'x');
  const padding = new Uint8Array((blockBytes - (pax.length % blockBytes)) % blockBytes);
  return Buffer.concat([paxHeader, pax, padding, own]);
}

/** Readers take long and non-ASCII names from the pax record alone. */
function fits(name: string): boolean {
  return name.length <= 100 && /^[\x20-\x7e]*$/.test(name);
}

function timeText({ seconds, nanoseconds }: TarHeader['mtime']): string {
  const total = BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
  const absolute = total < 0n ? -total : total;
  return `${total < 0n ? '-' : ''}${absolute / 1_000_000_000n}.${String(absolute % 1_000_000_000n).padStart(9, '0')}`;
}

function block(entry: TarInput, flag: string): Uint8Array {
  const bytes = Buffer.alloc(blockBytes);
  const octal = (value: number, at: number, digits: number): void => {
    const largest = 8 ** digits - 1;
    bytes.write(Math.min(Math.max(value, 0), largest).toString(8).padStart(digits, '0'), at, 'latin1');
  };
  bytes.write(entry.name.slice(0, 100), 0, 'latin1');
  octal(entry.mode ?? 0o644, 100, 7);
  octal(entry.uid ?? 0, 108, 7);
  octal(entry.gid ?? 0, 116, 7);
  octal(entry.sizeBytes ?? 0, 124, 11);
  octal(entry.mtime?.seconds ?? 0, 136, 11);
  bytes.write(' '.repeat(8) + flag, 148, 'latin1');
  bytes.write((entry.linkName ?? '').slice(0, 100), 157, 'latin1');
  bytes.write('ustar\x0000', 257, 'latin1');
  octal(entry.device?.major ?? 0, 329, 7);
  octal(entry.device?.minor ?? 0, 337, 7);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}
