import { join } from 'node:path';
import { Failure } from '@gantry/base';
import { findProgram, Runtime } from '@gantry/linux';
import type { EngineConfig } from '../config.ts';

/** The name of the runtime that this engine brings. */
export const ownRuntimeName = 'crun';
/** What dockerd calls runc by; without runc on the machine crun, which does the same, answers to the names. */
const runcNames = ['runc', 'io.containerd.runc.v2'];
/** Whether a name is that of a runtime that this engine knows by itself. */
export const isOwnRuntime = (name: string): boolean => name === ownRuntimeName || runcNames.includes(name);

const runcPlaces = ['/usr/local/sbin/runc', '/usr/local/bin/runc', '/usr/sbin/runc', '/usr/bin/runc'];

/** The OCI runtimes that containers may ask for, by name. */
export class Runtimes implements Disposable {
  readonly defaultName: string;
  readonly #byName: ReadonlyMap<string, Runtime>;

  private constructor(byName: ReadonlyMap<string, Runtime>, defaultName: string) {
    this.#byName = byName;
    this.defaultName = defaultName;
  }

  /**
   * crun, runc and those of the configuration (`runtimes`, `default-runtime`). Fails with `unavailable` where the program of one cannot be run, and
   * with `invalid` where the default is none of them.
   */
  static async open(own: Runtime, config: Pick<EngineConfig, 'runtimes' | 'defaultRuntime'>): Promise<Runtimes> {
    const byName = new Map([[ownRuntimeName, own]]);
    const runc = await findProgram(runcPlaces);
    const root = (name: string): string => join(own.settings.root, '..', 'runtimes', name);
    const asRunc = runc === undefined ? own : await Runtime.open({ program: runc, root: root('runc') });
    for (const name of runcNames) byName.set(name, asRunc);
    for (const [name, { path, runtimeArgs }] of Object.entries(config.runtimes)) {
      byName.set(name, await Runtime.open({ program: path, root: root(name), extraArguments: runtimeArgs }));
    }
    if (!byName.has(config.defaultRuntime))
      throw new Failure('invalid', `"default-runtime": there is no runtime of the name "${config.defaultRuntime}"`);
    return new Runtimes(byName, config.defaultRuntime);
  }

  [Symbol.dispose](): void {
    for (const runtime of this.#byName.values()) runtime[Symbol.dispose]();
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** By name; of a name that the configuration no longer has, the engine's own. */
  named(name: string): Runtime {
    return this.#byName.get(name) ?? (this.#byName.get(ownRuntimeName) as Runtime);
  }

  /** Names and programs. */
  get all(): readonly (readonly [name: string, path: string])[] {
    return [...this.#byName].map(([name, { settings }]) => [name, settings.program]);
  }
}
