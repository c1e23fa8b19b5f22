import type { FileTree } from '@gantry/linux/files';
import type { TarEntry, TarPiece } from '@gantry/oci/tar';

/** An entry of an archive that has content of its own; a second name of something is made by who knows what its target means. */
export type OwnEntry = TarEntry & { readonly type: Exclude<TarEntry['type'], 'hardlink'> };

export const isOwnEntry = (entry: TarEntry): entry is OwnEntry => entry.type !== 'hardlink';

/**
 * Writes an entry to a path of the tree, with its owner, mode, time and attributes; what lies there goes, unless both are directories. Archives must
 * not speak to overlayfs: `redirect` and `metacopy` would show files of other layers in their name.
 */
export async function writeEntry(tree: FileTree, path: string, entry: OwnEntry): Promise<void> {
  tree.checkOwner(entry);
  const xattrs = new Map([...entry.xattrs].filter(([name]) => !/^(trusted|user)\.overlay\./.test(name)));
  const attributes = { mode: entry.mode, uid: entry.uid, gid: entry.gid, mtime: entry.mtime, xattrs };
  switch (entry.type) {
    case 'directory':
      tree.makeDirectory(path);
      return tree.setAttributes(path, attributes);
    case 'file':
      return writeFile(tree.createFile(path, entry.mode), entry, attributes);
    case 'symlink':
      tree.makeSymlink(path, entry.linkName);
      return tree.setAttributes(path, attributes);
    case 'character':
    case 'block':
    case 'fifo':
      tree.makeNode(path, { type: entry.type, device: entry.device });
      return tree.setAttributes(path, attributes);
  }
}

async function writeFile(
  file: ReturnType<FileTree['createFile']>,
  { body, pieces, sizeBytes }: OwnEntry,
  attributes: Parameters<FileTree['setAttributes']>[1],
): Promise<void> {
  try {
    if (pieces === undefined) for await (const chunk of body) file.write(chunk);
    else await writePieces(file, pieces, sizeBytes);
    file.setAttributes(attributes);
  } finally {
    file.close();
  }
}

/** Holes stay holes: an archive of some bytes may tell of a file of terabytes. */
async function writePieces(file: ReturnType<FileTree['createFile']>, pieces: AsyncIterable<TarPiece>, sizeBytes: number): Promise<void> {
  file.setSize(sizeBytes);
  for await (const { offset, bytes } of pieces) file.writeAt(offset, bytes);
}
