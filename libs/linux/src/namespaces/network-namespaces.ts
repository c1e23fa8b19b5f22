import { closeSync, openSync, rmSync, statfsSync } from 'node:fs';
import { checked, libc } from '../system/libc.ts';
import { errnoOf } from '../system/system-failure.ts';

const newNetwork = 0x40000000;
const bind = 0x1000;
const detach = 2;
/** NSFS_MAGIC */
const nsfs = 0x6e736673;
/** `/proc/self` would be the main thread. */
const own = '/proc/thread-self/ns/net';

/** Thrown where the thread cannot get back to its own namespace: it must not work on. */
export class NamespaceLost extends Error {
  override readonly name = 'NamespaceLost';
}

/** The network namespaces that this thread works in: its home, and visits elsewhere. */
export class NetworkNamespaces implements Disposable {
  readonly #home: number;

  private constructor(home: number) {
    this.#home = home;
  }

  /** Takes the namespace that the thread is in as its home, or moves there first. */
  static open(home?: string): NetworkNamespaces {
    if (home !== undefined) enter(home);
    return new NetworkNamespaces(openSync(own, 'r'));
  }

  /** Does some synchronous work inside a pinned namespace, or at home where none is named. Fails with `not-found` for an unknown pin. */
  within<T>(pin: string | undefined, work: () => T): T {
    if (pin === undefined) return work();
    enter(pin);
    try {
      return work();
    } finally {
      this.#goHome();
    }
  }

  /** Makes a namespace, or takes the one at a path, and pins it; a path that is a pin already stays as it is. Answers whether it was pinned. */
  create(pin: string, made?: string): boolean {
    if (isPin(pin)) return false;
    closeSync(openSync(pin, 'w', 0o600));
    const pinIt = (from: string): unknown => checked(libc.mount(from, pin, null, bind, null), 'mount', `namespace on ${pin}`);
    try {
      if (made !== undefined) pinIt(made);
      else {
        checked(libc.unshare(newNetwork), 'unshare', 'network');
        try {
          pinIt(own);
        } finally {
          this.#goHome();
        }
      }
    } catch (thrown) {
      rmSync(pin, { force: true });
      throw thrown;
    }
    return true;
  }

  /** Removes a pin; the kernel removes the namespace once nothing is in it. False: there was none. */
  remove(pin: string): boolean {
    const wasPin = isPin(pin);
    if (wasPin) checked(libc.umount2(pin, detach), 'unmount', pin);
    rmSync(pin, { force: true });
    return wasPin;
  }

  [Symbol.dispose](): void {
    closeSync(this.#home);
  }

  #goHome(): void {
    if (libc.setns(this.#home, newNetwork) < 0) throw new NamespaceLost('cannot return to the own network namespace');
  }
}

/** A pin is a file of the kernel's file system of namespaces; the list of mounts would have to be read whole. */
function isPin(path: string): boolean {
  try {
    return statfsSync(path).type === nsfs;
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return false;
    throw thrown;
  }
}

function enter(pin: string): void {
  const target = openSync(pin, 'r');
  try {
    checked(libc.setns(target, newNetwork), 'setns', pin);
  } finally {
    closeSync(target);
  }
}
