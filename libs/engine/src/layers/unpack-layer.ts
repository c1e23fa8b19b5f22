import { Failure } from '@gantry/base';
import { FileTree, type IdMapping, treePath } from '@gantry/linux/files';
import { type Digest, Digester, readableText, readTar, type TarEntry } from '@gantry/oci/tar';
import { diskFailure } from './disk-failure.ts';
import { checkDisk, diskReserve } from './disk-reserve.ts';
import { plainTar } from './plain-tar.ts';
import { isOwnEntry, writeEntry } from './write-entry.ts';

/** What one layer may cost; beyond it unpacking fails with `exhausted`. */
export interface LayerLimits {
  readonly entries: number;
  readonly sizeBytes: number;
  /** Plain bytes per compressed byte, looked at from `ratioFromBytes` on (a decompression bomb reaches 1000). */
  readonly ratio: number;
  readonly ratioFromBytes: number;
  /** The part of the disk that stays free. */
  readonly diskReserve: number;
}

export const layerLimits: LayerLimits = {
  entries: 1_000_000,
  sizeBytes: 20 * 1024 ** 3,
  ratio: 200,
  ratioFromBytes: 100 * 1024 ** 2,
  diskReserve,
};

export interface UnpackedLayer {
  /** Of the plain tar: what the image's configuration lists. */
  readonly diffId: Digest;
  /** Bytes of the plain tar. */
  readonly tarBytes: number;
  /** Bytes of file content. */
  readonly contentBytes: number;
  readonly entries: number;
}

export interface UnpackRequest {
  readonly source: AsyncIterable<Uint8Array>;
  /**
   * For a plain tar, which is then taken as it is and not hashed: its digest, asked for at its end with the number of bytes there were. Default: it may be compressed,
   * and is hashed.
   */
  readonly diffIdOf?: ((sizeBytes: number) => Digest) | undefined;
  /** An empty directory that nobody else uses. */
  readonly directory: string;
  readonly limits: LayerLimits;
  /** The user namespace whose ids the layer's are; undefined: the host's. */
  readonly ids?: IdMapping | undefined;
  /** Told how many compressed bytes are done. */
  readonly onProgress: (bytes: number) => void;
  /** Called before each entry; what it throws ends the work. */
  readonly onEntry?: () => void;
}

const whiteoutPrefix = '.wh.';
const opaqueWhiteout = '.wh..wh..opq';
const opaqueAttribute = 'trusted.overlay.opaque';
const epoch = { seconds: 0, nanoseconds: 0 };
const checkDiskEveryBytes = 64 * 1024 ** 2;

/**
 * Writes a layer's tar (plain or compressed) as a directory that overlayfs takes as a lower one: whiteouts become devices 0, 0 and opaque
 * marks attributes. Nothing is written outside of the directory. What fails leaves a part of it behind, which the caller throws away; the
 * caller also compares the diff id. Blocks between chunks: for a worker thread.
 */
export async function unpackLayer(request: UnpackRequest): Promise<UnpackedLayer> {
  using tree = FileTree.open(request.directory, request.ids);
  const bytes = new LayerBytes(request);
  const layer = new LayerWriter(tree, request.limits);
  for await (const entry of readTar(bytes.plain())) {
    request.onEntry?.();
    await layer.add(entry);
  }
  layer.finish();
  tree.sync();
  return { diffId: bytes.diffId(), tarBytes: bytes.sizeBytes, contentBytes: layer.contentBytes, entries: layer.entries };
}

/** The plain bytes of a layer, counted and hashed while they pass. */
class LayerBytes {
  readonly #request: UnpackRequest;
  readonly #digester: Digester | undefined;
  #packed = 0;
  sizeBytes = 0;

  constructor(request: UnpackRequest) {
    this.#request = request;
    this.#digester = request.diffIdOf === undefined ? new Digester() : undefined;
  }

  /** Once all have passed. */
  diffId(): Digest {
    const { diffIdOf } = this.#request;
    if (diffIdOf !== undefined) return diffIdOf(this.sizeBytes);
    if (this.#digester === undefined) throw new Failure('internal', 'a layer was unpacked and not hashed');
    return this.#digester.digest();
  }

  async *plain(): AsyncGenerator<Uint8Array, void> {
    const { directory, limits } = this.#request;
    let checkAt = 0;
    // What somebody else hashed is never taken for compressed: other bytes than those would be unpacked.
    for await (const chunk of this.#digester === undefined ? this.#counted() : plainTar(this.#counted())) {
      this.#digester?.update(chunk);
      this.sizeBytes += chunk.length;
      checkSize(this.sizeBytes, this.#packed, limits);
      if (this.sizeBytes >= checkAt) {
        checkDisk(directory, limits.diskReserve);
        checkAt = this.sizeBytes + checkDiskEveryBytes;
      }
      yield chunk;
    }
  }

  async *#counted(): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of this.#request.source) {
      this.#packed += chunk.length;
      this.#request.onProgress(this.#packed);
      yield chunk;
    }
  }
}

function checkSize(plain: number, packed: number, limits: LayerLimits): void {
  if (plain > limits.sizeBytes) throw new Failure('exhausted', `layer has more than the ${limits.sizeBytes} bytes that one may have`);
  if (plain > limits.ratioFromBytes && plain > packed * limits.ratio) {
    throw new Failure('exhausted', `layer unpacks to more than ${limits.ratio} times its size: it looks like a decompression bomb`);
  }
}

class LayerWriter {
  readonly #tree: FileTree;
  readonly #limits: LayerLimits;
  /** Set at the end, since each file made in a directory changes its time. */
  readonly #directoryTimes = new Map<string, TarEntry['mtime']>();
  /** Names that this layer removes from those below; made at the end, when it is known what the layer has of that name itself. */
  readonly #whiteouts = new Set<string>();
  entries = 0;
  contentBytes = 0;

  constructor(tree: FileTree, limits: LayerLimits) {
    this.#tree = tree;
    this.#limits = limits;
  }

  async add(entry: TarEntry): Promise<void> {
    if (++this.entries > this.#limits.entries) {
      throw new Failure('exhausted', `layer has more than the ${this.#limits.entries} entries that one may have`);
    }
    const path = treePath(entry.name);
    try {
      if (!this.#addWhiteout(path)) await this.#addFile(path, entry);
    } catch (cause) {
      const failure = Failure.from(diskFailure(cause));
      if (failure.code === 'invalid' || failure.code === 'unsupported') throw failure;
      throw new Failure(failure.code, `layer entry ${JSON.stringify(readableText(entry.name))}: ${failure.message}`, { cause });
    }
  }

  finish(): void {
    for (const path of this.#whiteouts) this.#hide(path);
    for (const [path, mtime] of this.#directoryTimes) {
      if (this.#tree.stat(path)?.isDirectory() === true) this.#tree.setTime(path, mtime);
    }
  }

  #addWhiteout(path: string): boolean {
    const parts = path.split('/');
    const name = parts.at(-1) ?? '';
    const directory = parts.slice(0, -1).join('/');
    if (name === opaqueWhiteout) {
      this.#tree.makeDirectory(directory);
      this.#noteParents(path);
      this.#makeOpaque(directory);
      return true;
    }
    // AUFS's own books; nobody reads them any more.
    if (parts.some((part) => part.startsWith(whiteoutPrefix + whiteoutPrefix))) return true;
    if (!name.startsWith(whiteoutPrefix)) return false;
    const hidden = name.slice(whiteoutPrefix.length);
    if (['', '.', '..'].includes(hidden)) throw new Failure('invalid', `layer has the whiteout ${JSON.stringify(readableText(path))}`);
    this.#whiteouts.add(directory === '' ? hidden : `${directory}/${hidden}`);
    return true;
  }

  /** A whiteout speaks of the layers below only: what this layer itself has of that name stays, cut off from below. */
  #hide(path: string): void {
    const own = this.#tree.stat(path);
    if (own === undefined) this.#tree.makeNode(path, { type: 'character', device: { major: 0, minor: 0 } });
    else if (own.isDirectory()) this.#makeOpaque(path);
  }

  #makeOpaque(directory: string): void {
    this.#tree.setAttribute(directory, opaqueAttribute, Buffer.from('y'));
  }

  /** Directories that the layer does not speak of itself get the same time whenever it is unpacked: `verify` compares. */
  #noteParents(path: string): void {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const parent = path.slice(0, at);
      if (this.#directoryTimes.has(parent)) return;
      this.#directoryTimes.set(parent, epoch);
    }
  }

  async #addFile(path: string, entry: TarEntry): Promise<void> {
    this.#noteParents(path);
    if (entry.type === 'directory') this.#directoryTimes.set(path, entry.mtime);
    if (isOwnEntry(entry)) await writeEntry(this.#tree, path, entry);
    else this.#tree.makeHardlink(path, treePath(entry.linkName));
    if (entry.type === 'file') this.contentBytes += entry.sizeBytes;
    // A link's size is the length of its target, and dockerd counts it.
    if (entry.type === 'symlink') this.contentBytes += entry.linkName.length;
  }
}
