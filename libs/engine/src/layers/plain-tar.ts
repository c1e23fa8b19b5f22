import { throughProgram } from '@gantry/linux/files';
import { decompressed, type ForeignCompression } from '@gantry/oci/tar';

/** The limit is for streams that ask for a dictionary of gigabytes; `xz -9` needs 65 MiB. */
const programs: Readonly<Record<ForeignCompression, readonly [string, ...string[]]>> = {
  xz: ['xz', '-dcq', '--memlimit-decompress=512MiB'],
  bzip2: ['bzip2', '-dc'],
};

/**
 * The plain bytes of a tar that may be compressed by gzip, zstd, xz or bzip2; the last two by the programs of these names, as dockerd does with xz. Fails with
 * `invalid` where the stream is damaged, `unavailable` where the program is missing.
 */
export function plainTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  return decompressed(source, (compression, bytes) => throughProgram(programs[compression], bytes));
}
