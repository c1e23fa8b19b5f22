export interface RawEntry {
  readonly name: string;
  readonly flag?: string;
  readonly link?: string;
  readonly body?: Uint8Array;
  /** What the header says, where it is not the length of the body; below zero in base 256. */
  readonly sizeBytes?: number;
}

const block = 512;

/** One entry of a tar with whatever its header is to say; no end of the archive. */
export function rawEntry({ name, flag = '0', link = '', body = new Uint8Array(), sizeBytes = body.length }: RawEntry): Buffer {
  const header = Buffer.alloc(block);
  header.write(name.slice(0, 100), 0, 'latin1');
  header.write('0000644\x000000000\x000000000\0', 100, 'latin1');
  if (sizeBytes >= 0 && sizeBytes < 8 ** 11) header.write(`${sizeBytes.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  else {
    header.writeBigInt64BE(BigInt(sizeBytes), 128);
    header.fill(sizeBytes < 0 ? 0xff : 0x00, 124, 128);
    header[124] = sizeBytes < 0 ? 0xff : 0x80;
  }
  header.write('00000000000\0', 136, 'latin1');
  header.write(`        ${flag}${link}`, 148, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return Buffer.concat([header, body, Buffer.alloc((block - (body.length % block)) % block)]);
}

/** A pax header with these records. */
export function rawPax(records: Readonly<Record<string, string>>, flag: 'x' | 'g' = 'x'): Buffer {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    const digits = String(rest.length + 3).length;
    return `${rest.length + digits}${rest}`;
  });
  return rawEntry({ name: 'pax', flag, body: Buffer.from(lines.join(''), 'latin1') });
}
