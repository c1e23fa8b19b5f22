import { getSystemErrorMap } from 'node:util';
import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { errnoOf, type Kernel } from '@gantry/linux';
import { mountInThread } from '../layers/file-threads.ts';
import { isMountedInUse, localMount } from './local-options.ts';
import type { VolumeRecord } from './volume-record.ts';

export type VolumeKernel = Pick<Kernel, 'unmount' | 'mountsUnder'>;

const mostMounts = 100;

/**
 * What is mounted at volumes with options: with the first user, until the last one is gone. Who uses what is not stored: after a restart the
 * containers that run say it again (`adopt`). The caller holds the volume's lock.
 */
export class VolumeMounts {
  readonly #kernel: VolumeKernel;
  readonly #users = new Map<string, Set<string>>();

  constructor(kernel: VolumeKernel) {
    this.#kernel = kernel;
  }

  /** It is mounted already, or needs no mount. */
  adopt(name: string, user: string): void {
    const users = this.#users.get(name) ?? new Set<string>();
    this.#users.set(name, users.add(user));
  }

  isUsed(name: string): boolean {
    return this.#users.has(name);
  }

  /** Twice for one user is once. Fails in dockerd's words where the kernel does not mount it; then there is no new user. */
  async mount({ name, options }: VolumeRecord, path: string, user: string): Promise<void> {
    const isMounted = !isMountedInUse(options) || (await this.#kernel.mountsUnder(path)).some(({ target }) => target === path);
    if (!isMounted) await mountOnce(options, path);
    this.adopt(name, user);
  }

  /** Twice is once; what fails can be done again. */
  async unmount({ name, options }: VolumeRecord, path: string, user: string): Promise<void> {
    const users = this.#users.get(name);
    if (users?.has(user) !== true) return;
    // Where it stays mounted, it stays in use: the next try takes it away.
    if (users.size === 1 && isMountedInUse(options)) await this.#kernel.unmount(path);
    users.delete(user);
    if (users.size === 0) this.#users.delete(name);
  }

  /** For a volume of which it is not known whether something is mounted: the next user finds what there is. */
  forget(name: string, user: string): void {
    const users = this.#users.get(name);
    if (users?.delete(user) && users.size === 0) this.#users.delete(name);
  }

  /** Volumes below a directory at which something is mounted. */
  async namesBelow(root: string): Promise<ReadonlySet<string>> {
    const mounts = await this.#kernel.mountsUnder(root);
    return new Set(
      mounts.filter(({ target }) => target !== root).map(({ target }) => target.slice(root.length + 1).split('/', 1)[0] ?? ''),
    );
  }

  /** Takes away whatever lies mounted at a directory that nobody uses, so that its removal takes nothing of somebody else's. */
  async clear(path: string): Promise<void> {
    for (let count = 0; count < mostMounts; count++) {
      const last = (await this.#kernel.mountsUnder(path)).at(-1);
      if (last === undefined) return;
      await this.#kernel.unmount(last.target);
    }
    throw new Failure('conflict', `${path} still has mounts`);
  }
}

async function mountOnce(options: VolumeRecord['options'], path: string): Promise<void> {
  const { request, words } = await explained(path, localMount(options, path));
  try {
    // A file server may keep the kernel waiting: not in the engine's one kernel thread.
    await mountInThread(request);
  } catch (thrown) {
    const errno = errnoOf(thrown) ?? '';
    const [, why] = [...getSystemErrorMap().values()].find(([name]) => name === errno) ?? ['', Failure.from(thrown).message];
    const isMissing = errno === 'ENODEV';
    const hint = isMissing ? ` (this kernel has no file system "${request.type}")` : '';
    throw new Failure(
      isMissing ? 'unsupported' : 'invalid',
      messages.volumeNotMounted(path, `failed to mount local volume: ${words}: ${why}${hint}`),
      {
        cause: thrown,
      },
    );
  }
}

async function explained<Value>(path: string, work: Promise<Value>): Promise<Value> {
  try {
    return await work;
  } catch (thrown) {
    const { code, message } = Failure.from(thrown);
    throw new Failure(code, messages.volumeNotMounted(path, message), { cause: thrown });
  }
}
