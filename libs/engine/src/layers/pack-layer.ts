import { closeSync, openSync, writeSync } from 'node:fs';
import { type FileLook, FileTree, type IdMapping } from '@gantry/linux/files';
import { type Digest, Digester, type TarInput, writeTar } from '@gantry/oci/tar';
import { treeEntries } from '../files/tree-entries.ts';

/** Writes what a container changed as a layer's tar; see `packLayer`. */
export interface PackWork {
  readonly kind: 'pack';
  /** The container's own directory of an overlay. */
  readonly upper: string;
  /** The file that is made; undefined: only its digest is asked for. */
  readonly target: string | undefined;
  /** The user namespace whose ids the layer gets; what has none there keeps the host's. */
  readonly ids?: IdMapping | undefined;
}

/**
 * Writes the upper directory of an overlay as the tar of an image layer (OCI image-spec, layer.md): a device 0, 0 becomes the whiteout `.wh.<name>`, an opaque
 * directory has `.wh..wh..opq` in it. Blocks: for a worker thread.
 */
export async function packLayer({ upper, target, ids }: PackWork): Promise<{ digest: Digest; sizeBytes: number }> {
  using tree = FileTree.open(upper, ids && { ...ids, unknown: 'itself' });
  const digester = new Digester();
  const file = target === undefined ? undefined : openSync(target, 'wx', 0o600);
  try {
    for await (const bytes of writeTar(layerEntries(tree))) {
      digester.update(bytes);
      for (let at = 0; file !== undefined && at < bytes.length;) at += writeSync(file, bytes, at);
    }
  } finally {
    if (file !== undefined) closeSync(file);
  }
  return { digest: digester.digest(), sizeBytes: digester.sizeBytes };
}

function* layerEntries(tree: FileTree): Generator<TarInput, void, undefined> {
  for (const entry of treeEntries(tree, { path: '', name: undefined })) {
    if (entry.type === 'character' && entry.device?.major === 0 && entry.device.minor === 0) {
      yield { ...bare(entry), name: entry.name.replace(/[^/]*$/, (name) => `.wh.${name}`) };
      continue;
    }
    yield entry;
    if (entry.type === 'directory' && isOpaque(tree, entry.name)) yield { ...bare(entry), name: `${entry.name}.wh..wh..opq` };
  }
}

const bare = ({ mtime }: TarInput): Omit<TarInput, 'name'> => ({ type: 'file', mode: 0o600, ...(mtime && { mtime }) });

function isOpaque(tree: FileTree, path: string): boolean {
  using look = tree.look(path.replace(/\/$/, ''));
  return look !== undefined && isMarkedOpaque(look);
}

/** Whether a directory of a layer hides what is below it. */
export function isMarkedOpaque(look: FileLook): boolean {
  const value = look.xattrs().get('trusted.overlay.opaque');
  return value !== undefined && Buffer.from(value).toString() === 'y';
}
