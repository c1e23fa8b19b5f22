import { execFileSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';

export interface TarEntry {
  readonly path: string;
  readonly mode?: number;
  /** A file with this content; a symbolic link to `link`; with neither, a directory. */
  readonly content?: Uint8Array | string;
  readonly link?: string;
  /** Another name of a file that came before. */
  readonly hardlink?: string;
  readonly uid?: number;
}

/** How archives may be compressed, by the names of the programs that do it. */
export const compressors: readonly (readonly [string, (tar: Buffer) => Buffer])[] = [
  ['gzip', (tar) => gzipSync(tar)],
  ['bzip2', (tar) => execFileSync('bzip2', ['-c'], { input: tar })],
  ['xz', (tar) => execFileSync('xz', ['-c'], { input: tar })],
];

const block = 512;

/** A ustar archive for tests: owned by root, dated 1970, paths under 100 bytes. */
export function tarOf(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(blocksOf), Buffer.alloc(2 * block)]);
}

function blocksOf(entry: TarEntry): Buffer[] {
  const content = Buffer.from(entry.content ?? '');
  return [headerOf(entry, content.length), content, Buffer.alloc((block - (content.length % block)) % block)];
}

function headerOf({ path, mode, content, link, hardlink, uid = 0 }: TarEntry, sizeBytes: number): Buffer {
  const type = hardlink === undefined ? (link === undefined ? (content === undefined ? '5' : '0') : '2') : '1';
  const header = Buffer.alloc(block);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;
  header.write(path, 0);
  header.write(octal(mode ?? (type === '0' ? 0o644 : 0o755), 7), 100);
  header.write(octal(uid, 7) + octal(0, 7) + octal(sizeBytes, 11) + octal(0, 11), 108);
  header.write(' '.repeat(8) + type + (link ?? hardlink ?? ''), 148);
  header.write('ustar\x0000', 257);
  header.write(
    `${octal(
      header.reduce((sum, byte) => sum + byte),
      6,
    )} `,
    148,
  );
  return header;
}
