import { chown, lchown, lstat, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@gantry/base';
import type { Kernel, Owner } from '@gantry/linux';
import { type Digest, isDigest, parseJson } from '@gantry/oci';
import * as z from 'zod';
import type { ContainerId, ImageId } from '../ids.ts';
import { changesInThread } from '../layers/file-threads.ts';
import type { Ingest } from '../layers/ingest.ts';
import { endRemovals, removeWhole } from '../state/remove-whole.ts';
import { syncDirectory } from '../state/sync-directory.ts';
import type { UpperChange } from '../layers/upper-changes.ts';
import { Lock } from '../state/lock.ts';
import { durableStep } from '../state/durable-step.ts';

const rootfsRecord = z.object({
  image: z.custom<ImageId>((value) => typeof value === 'string' && isDigest(value)),
  layers: z.array(z.custom<Digest>((value) => typeof value === 'string' && isDigest(value))),
});
export type RootfsRecord = z.output<typeof rootfsRecord>;

/** What overlays need of the kernel thread. */
export type OverlayKernel = Pick<Kernel, 'mountOverlay' | 'unmount'>;

/** The path of a mounted rootfs; disposing lets it go. */
export type HeldRootfs = AsyncDisposable & { readonly path: string };

/** The directories of a writable layer and of the layers below it, topmost first. */
export interface RootfsPaths {
  readonly lowers: readonly string[];
  readonly upper: string;
  readonly work: string;
  readonly merged: string;
}

interface MountUse {
  readonly lock: Lock;
  /** A run of the container needs it. */
  isWanted: boolean;
  holders: number;
}

interface Parts {
  readonly root: string;
  readonly kernel: OverlayKernel;
  readonly ingest: Ingest;
  readonly layerPath: (diffId: Digest) => string;
  /** Who is root in containers; left out: who is root here. */
  readonly owner?: Owner;
}

/**
 * Writable layers of containers, `<root>/<container id>/{rootfs.json,u,w,m}`: upper directory, overlayfs's work directory and the place where
 * it is mounted. Below the image's layers lies one skeleton that has the files which Docker promises in every container.
 */
export class RootfsStore {
  readonly #parts: Parts;
  readonly #records = new Map<ContainerId, RootfsRecord>();
  readonly #mounts = new Map<ContainerId, MountUse>();
  #isUncertain = false;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  static async open(parts: Parts, report: (line: string) => void): Promise<RootfsStore> {
    const store = new RootfsStore(parts);
    await mkdir(parts.root, { recursive: true, mode: 0o711 });
    await endRemovals(parts.root);
    await makeSkeleton(join(parts.root, skeleton), parts.owner);
    for (const name of await readdir(parts.root)) {
      if (!/^[0-9a-f]{64}$/.test(name)) continue;
      try {
        const record = parseJson(rootfsRecord, 'rootfs record', await readFile(join(parts.root, name, 'rootfs.json')));
        store.#records.set(name as ContainerId, record);
      } catch (thrown) {
        store.#isUncertain = true;
        report(`the writable layer of ${name} cannot be used: ${Failure.from(thrown).message}`);
      }
    }
    return store;
  }

  get(container: ContainerId): RootfsRecord | undefined {
    return this.#records.get(container);
  }

  all(): [ContainerId, RootfsRecord][] {
    return [...this.#records];
  }

  /** After a restart: what a killed engine made for a container that it did not get to make goes. Answers whose it was. */
  async keepOnly(containers: ReadonlySet<string>): Promise<ContainerId[]> {
    const gone = this.all().flatMap(([container]) => (containers.has(container) ? [] : [container]));
    for (const container of gone) await this.remove(container);
    return gone;
  }

  /** While a record is unreadable every layer may be needed. */
  usesLayer(diffId: Digest): boolean {
    return this.#isUncertain || this.all().some(([, { layers }]) => layers.includes(diffId));
  }

  /** Containers whose mounted root file systems have the layer in them. */
  async mountsOf(diffId: Digest): Promise<ContainerId[]> {
    const users = this.all().flatMap(([container, { layers }]) => (layers.includes(diffId) ? [container] : []));
    const mounted = await Promise.all(users.map((container) => isMountPoint(this.#path(container, 'm')).catch(() => false)));
    return users.filter((_, at) => mounted[at]);
  }

  async create(container: ContainerId, record: RootfsRecord): Promise<void> {
    if (this.#records.has(container)) return;
    this.#records.set(container, record); // Holds the image from here on.
    try {
      await using place = await this.#parts.ingest.directory();
      const made = join(place.path, 'rootfs');
      await mkdir(join(made, 'u'), { recursive: true, mode: 0o755 });
      const { owner } = this.#parts;
      if (owner) await chown(join(made, 'u'), owner.uid, owner.gid);
      await durableStep('rootfs.record', async () => {
        await Promise.all([
          mkdir(join(made, 'w'), { mode: 0o700 }),
          mkdir(join(made, 'm'), { mode: 0o755 }),
          writeFile(join(made, 'rootfs.json'), JSON.stringify(record), { mode: 0o600, flush: true }),
        ]);
        await syncDirectory(made);
      });
      await durableStep('rootfs.show', async () => {
        await rm(this.#path(container), { recursive: true, force: true });
        await rename(made, this.#path(container));
        await syncDirectory(this.#parts.root);
      });
    } catch (thrown) {
      this.#records.delete(container);
      throw thrown;
    }
  }

  async mount(container: ContainerId): Promise<string> {
    const use = this.#use(container);
    using _held = await use.lock.hold();
    use.isWanted = true;
    return await this.#mount(container);
  }

  /** Unmounted when nobody holds it any more, at once where nobody does. */
  async unmount(container: ContainerId): Promise<void> {
    const use = this.#use(container);
    using _held = await use.lock.hold();
    use.isWanted = false;
    if (use.holders === 0) await this.#unmount(container);
  }

  /** Mounted until it is disposed, whether the container runs, starts or ends meanwhile. */
  async hold(container: ContainerId): Promise<HeldRootfs> {
    const use = this.#use(container);
    using _held = await use.lock.hold();
    if (use.holders === 0 && (await isMountPoint(this.#path(container, 'm')).catch(() => false))) use.isWanted = true;
    const path = await this.#mount(container);
    use.holders++;
    return { path, [Symbol.asyncDispose]: () => this.#release(container, use) };
  }

  /** After a restart: what somebody held when the engine was killed is unmounted. */
  async unmountUnused(running: ReadonlySet<ContainerId>): Promise<void> {
    for (const [container] of this.all().filter(([id]) => !running.has(id))) {
      const use = this.#use(container);
      using _held = await use.lock.hold();
      const isUsed = use.isWanted || use.holders > 0;
      if (!isUsed && (await isMountPoint(this.#path(container, 'm')).catch(() => false))) await this.#unmount(container);
    }
  }

  async #release(container: ContainerId, use: MountUse): Promise<void> {
    using _held = await use.lock.hold();
    use.holders--;
    if (use.holders === 0 && !use.isWanted) await this.#unmount(container);
  }

  #use(container: ContainerId): MountUse {
    const use = this.#mounts.get(container) ?? { lock: new Lock(), isWanted: false, holders: 0 };
    this.#mounts.set(container, use);
    return use;
  }

  async #mount(container: ContainerId): Promise<string> {
    const target = this.#path(container, 'm');
    if (await isMountPoint(target)) return target;
    const { lowers, upper, work } = this.paths(container);
    await durableStep('rootfs.mount', () => this.#parts.kernel.mountOverlay({ lowers, upper, work, target }));
    return target;
  }

  async #unmount(container: ContainerId): Promise<void> {
    await durableStep('rootfs.unmount', () => this.#parts.kernel.unmount(this.#path(container, 'm')));
  }

  /** Who holds it keeps what is mounted, but no longer by this path. */
  async remove(container: ContainerId): Promise<void> {
    using _held = await this.#use(container).lock.hold();
    await this.#unmount(container);
    this.#mounts.delete(container);
    await removeWhole(this.#path(container), 'rootfs');
    this.#records.delete(container);
  }

  /** What the container changed in its rootfs, sorted by path. */
  changes(container: ContainerId): Promise<readonly UpperChange[]> {
    return changesInThread({ upper: this.upper(container), lowers: this.#lowers(this.#found(container)) });
  }

  /** The directory that takes what the container changes. */
  upper(container: ContainerId): string {
    this.#found(container);
    return this.#path(container, 'u');
  }

  paths(container: ContainerId): RootfsPaths {
    const [upper, work, merged] = ['u', 'w', 'm'].map((name) => this.#path(container, name)) as [string, string, string];
    return { lowers: this.#lowers(this.#found(container)), upper, work, merged };
  }

  /** Bytes that lie in the writable layer. */
  writableBytes(container: ContainerId): Promise<number> {
    return contentBytes(this.#path(container, 'u'));
  }

  #found(container: ContainerId): RootfsRecord {
    const record = this.#records.get(container);
    if (record === undefined) throw new Failure('not-found', `container ${container} has no writable layer`);
    return record;
  }

  /** Topmost first. overlayfs refuses a directory that comes twice; only the upper of the two has an effect anyway. */
  #lowers({ layers }: RootfsRecord): string[] {
    return [...new Set(layers.toReversed())].map(this.#parts.layerPath).concat(join(this.#parts.root, skeleton));
  }

  #path(container: ContainerId, ...names: string[]): string {
    return join(this.#parts.root, container, ...names);
  }
}

const skeleton = 'skeleton';

/** What Docker puts under each container where its image has no such file (moby daemon/initlayer); as the lowest layer it never hides anything. */
async function makeSkeleton(path: string, owner: Owner | undefined): Promise<void> {
  const directories = ['dev', 'dev/pts', 'dev/shm', 'proc', 'sys', 'etc'];
  const files = ['.dockerenv', 'dev/console', 'etc/hosts', 'etc/hostname', 'etc/resolv.conf'];
  for (const directory of directories) await mkdir(join(path, directory), { recursive: true, mode: 0o755 });
  for (const file of files) await writeFile(join(path, file), '', { flag: 'a', mode: 0o755 });
  await symlink('/proc/mounts', join(path, 'etc/mtab')).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
  });
  if (owner) for (const name of ['', ...directories, ...files, 'etc/mtab']) await lchown(join(path, name), owner.uid, owner.gid);
}

/** A mount point is on another device than the directory that holds it. */
async function isMountPoint(path: string): Promise<boolean> {
  const [own, above] = await Promise.all([lstat(path), lstat(join(path, '..'))]);
  return own.dev !== above.dev;
}

async function contentBytes(directory: string): Promise<number> {
  let total = 0;
  for (const entry of await readdir(directory, { withFileTypes: true }).catch(() => [])) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) total += await contentBytes(path);
    else if (entry.isFile() || entry.isSymbolicLink()) total += (await lstat(path).catch(() => undefined))?.size ?? 0;
  }
  return total;
}
