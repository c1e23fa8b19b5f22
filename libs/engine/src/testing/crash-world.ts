import { join } from 'node:path';
import type { EngineClient } from '@gantry/engine-api';
import { type InspectedContainer, inspectIn, runIn, shell } from './container-client.ts';
import { busyboxImage, dockerArchive, imageOf, tarFile, tarOf, type TestImage } from './image-archives.ts';
import { type KillableEngine, type KillableRoot, startKillable } from './killable-engine.ts';
import { type KnownObjects, orphans } from './orphans.ts';
import { ScriptedRegistry } from './scripted-registry.ts';

/** How many files the test image has in /seed, for volumes that are filled from it. */
export const seeds = 20;
const settleMs = 30_000;

/**
 * One root on which engines are killed again and again, with an image, a container that runs all the time (the keeper) and a registry. An operation that is
 * cut off makes what it needs under names of its own.
 */
export class CrashWorld implements AsyncDisposable {
  readonly root: KillableRoot;
  readonly registry: ScriptedRegistry;
  /** From start to listening, of each engine that took over from a killed one. */
  readonly startedMs: number[] = [];
  #engine: KillableEngine;
  #keeper: InspectedContainer | undefined;
  #names = 0;
  #base: TestImage | undefined;

  private constructor(root: KillableRoot, { engine, registry }: { engine: KillableEngine; registry: ScriptedRegistry }) {
    this.root = root;
    this.registry = registry;
    this.#engine = engine;
  }

  static async open(root: KillableRoot): Promise<CrashWorld> {
    const registry = await ScriptedRegistry.start();
    const engine = await startKillable(root);
    if (!engine) throw new Error('the engine did not start');
    const world = new CrashWorld(root, { engine, registry });
    const seed = await tarOf(Array.from({ length: seeds }, (_, at) => tarFile(`seed/file-${at}`, String(at))));
    const { layers } = await busyboxImage();
    world.#base = imageOf([...layers, seed], { Env: ['PATH=/bin'] });
    await world.load(await dockerArchive([{ image: world.#base, tags: ['busybox:latest'] }]));
    const id = await runIn(engine.client, shell('trap "exit 7" TERM; while :; do sleep 0.1; done'), 'keeper');
    world.#keeper = await inspectIn(engine.client, id);
    return world;
  }

  get client(): EngineClient {
    return this.#engine.client;
  }

  get engine(): KillableEngine {
    return this.#engine;
  }

  name(of: string): string {
    return `${of}-${++this.#names}`;
  }

  /** An image of one file more than the one that all containers have. */
  async image(): Promise<TestImage> {
    const own = await tarOf([tarFile(this.name('own'), String(this.#names))]);
    return imageOf([...(this.#base?.layers ?? []), own], { Env: ['PATH=/bin'] });
  }

  async load(archive: Buffer): Promise<void> {
    await (await this.client.call('ImageLoad', { body: archive })).text();
  }

  /** Starts the next engine after a kill. False: it killed itself at `at` before it listened. */
  async startAgain(at = ''): Promise<boolean> {
    const engine = await startKillable(this.root, { at });
    if (engine) {
      this.#engine = engine;
      this.startedMs.push(engine.startedMs);
    }
    return engine !== undefined;
  }

  /** Starts an engine and kills it after a time; true where it did not listen by then. */
  async startAgainUntil(afterMs: number): Promise<boolean> {
    const engine = await startKillable(this.root, { afterMs });
    await engine?.ended;
    return engine === undefined;
  }

  /** What is wrong after a kill, beyond what the operation itself looks at. What is still ending, or starting again, is given its time. */
  async problems(): Promise<string[]> {
    for (const untilMs = performance.now() + settleMs; ; await new Promise((resolve) => setTimeout(resolve, 20))) {
      const found = await this.#orphans();
      if (found.length > 0 && performance.now() < untilMs) continue;
      const keeper = this.#keeper && (await inspectIn(this.client, this.#keeper.Id));
      return JSON.stringify(keeper?.State) === JSON.stringify(this.#keeper?.State) ? found : [...found, 'the keeper was touched'];
    }
  }

  /** What is read may just be written. */
  async #orphans(): Promise<string[]> {
    try {
      return orphans(this.root, await this.#known());
    } catch (cause) {
      return [String(cause)];
    }
  }

  path(...names: string[]): string {
    return join(this.root.path, ...names);
  }

  /** Removes everything and ends the engine. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { id } of (await this.#known()).containers) {
      await this.client.call('ContainerDelete', { path: { id }, query: { force: true, v: true } });
    }
    await this.#engine.kill('SIGTERM');
    await this.registry[Symbol.asyncDispose]();
  }

  async #known(): Promise<KnownObjects> {
    const { client } = this;
    const [containers, images, volumes, networks] = await Promise.all([
      client.call('ContainerList', { query: { all: true } }).then((answer) => answer.json<{ Id: string; State: string }[]>()),
      client.call('ImageList', { query: { all: true } }).then((answer) => answer.json<{ Id: string }[]>()),
      client.call('VolumeList', {}).then((answer) => answer.json<{ Volumes: { Name: string }[] }>()),
      client.call('NetworkList', {}).then((answer) => answer.json<{ Id: string }[]>()),
    ]);
    return {
      containers: containers.map(({ Id, State }) => ({ id: Id, isRunning: State === 'running' || State === 'paused' })),
      images: images.map(({ Id }) => Id),
      volumes: volumes.Volumes.map(({ Name }) => Name),
      networks: networks.map(({ Id }) => Id),
    };
  }
}
