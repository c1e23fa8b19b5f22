import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import type { EngineClient } from '@gantry/engine-api';
import { type PowerCut, shutDownFileSystem } from '@gantry/linux/testing';
import { createIn, inspectIn, shell, waitIn } from './container-client.ts';
import { busyboxImage, dockerArchive, imageOf, tarFile, tarOf, type TestImage } from './image-archives.ts';
import { type KillableEngine, killableRoot, type KillableRoot, startKillable } from './killable-engine.ts';
import { mountsBelow, nothingLeft } from './nothing-left.ts';
import { removeAll } from './open-test-engine.ts';
import { ScriptedRegistry } from './scripted-registry.ts';
import { SmallDisk } from './small-disk.ts';
import { testPool } from './test-pool.ts';

const opened = closedAfterEach();
const bigBytes = 3_000_000;

/** A machine whose power fails: its data root is on an ext4 of its own; what runs ends with it. */
class FailingMachine implements AsyncDisposable {
  readonly registry: ScriptedRegistry;
  readonly #root: KillableRoot;
  readonly #disk: SmallDisk;
  #engine: KillableEngine;

  private constructor(parts: { root: KillableRoot; disk: SmallDisk; engine: KillableEngine; registry: ScriptedRegistry }) {
    this.#root = parts.root;
    this.#disk = parts.disk;
    this.#engine = parts.engine;
    this.registry = parts.registry;
  }

  static async open(): Promise<FailingMachine> {
    const { path } = opened.use(await temporaryDirectory());
    const disk = opened.use(SmallDisk.make(join(path, 'data'), { megabytes: 160, inodes: 5000 }));
    const root = await killableRoot(path, { pool: testPool(227).base });
    opened.defer(() => {
      nothingLeft({ ...root, roots: [join(path, 'data/engine'), join(path, 'run')] });
    });
    const registry = opened.use(await ScriptedRegistry.start());
    const machine = new FailingMachine({ root, disk, engine: await started(root), registry });
    opened.use(machine);
    const archive = await dockerArchive([{ image: await busyboxImage({ Env: ['PATH=/bin'] }), tags: ['busybox:latest'] }]);
    await load(machine.client, archive);
    return machine;
  }

  get client(): EngineClient {
    return this.#engine.client;
  }

  /** The power fails, the disk is mounted again, what is on it is checked, and an engine starts. */
  async fail(how: PowerCut): Promise<void> {
    const { path } = this.#root;
    shutDownFileSystem(this.#disk.path, how);
    await this.#engine.kill('SIGKILL');
    for (const mount of mountsBelow([join(path, 'data'), join(path, 'run')]).reverse()) execFileSync('umount', [mount]);
    this.#disk.mountAgain();
    execFileSync('rm', ['-rf', join(path, 'run')]);
    const damaged = damagedBelow(join(path, 'data/engine'));
    this.#engine = await started(this.#root);
    if (damaged.length > 0) throw new Error(`damaged by the power cut: ${damaged.join('; ')}`);
    const torn = this.#engine.told.filter((line) => /put aside|was moved|made anew/.test(line));
    if (torn.length > 0) throw new Error(`torn by the power cut: ${torn.join('; ')}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeAll(this.client);
    await this.#engine.kill('SIGTERM');
  }
}

/** Blobs that are not what they are called, and files of layers that are shorter than they were or begin or end with nothing. */
function damagedBelow(data: string): string[] {
  const blobs = join(data, 'blobs/sha256');
  const wrong = readdirSync(blobs).filter(
    (name) =>
      createHash('sha256')
        .update(readFileSync(join(blobs, name)))
        .digest('hex') !== name,
  );
  const files = readdirSync(join(data, 'layers')).map((name) => join(data, 'layers', name, 'fs/big'));
  const torn = files.flatMap((path) => {
    const bytes = existsSync(path) ? readFileSync(path) : undefined;
    if (bytes === undefined) return [];
    const zeros = [bytes.subarray(0, 64), bytes.subarray(-64)].map((part) => part.every((byte) => byte === 0));
    return bytes.length !== bigBytes || zeros.includes(true)
      ? [`${path} has ${bytes.length} bytes, zeros at begin and end: ${zeros.join(', ')}`]
      : [];
  });
  return [...wrong, ...torn];
}

async function started(root: KillableRoot): Promise<KillableEngine> {
  const engine = await startKillable(root);
  if (!engine) throw new Error('the engine did not start');
  return engine;
}

const load = async (client: EngineClient, archive: Buffer): Promise<string> => (await client.call('ImageLoad', { body: archive })).text();

let images = 0;
async function bigImage(): Promise<TestImage> {
  const number = ++images;
  return imageOf([await tarOf([tarFile('big', Buffer.alloc(bigBytes, `image ${number} `)), tarFile('small', String(number))])]);
}

const thereIs = (call: Promise<unknown>): Promise<boolean> =>
  call.then(
    () => true,
    () => false,
  );

interface Deed {
  readonly act: () => Promise<unknown>;
  /** Whether it is seen to be done. */
  readonly isDone: () => Promise<boolean>;
}

const deeds: Record<string, (machine: FailingMachine, name: string) => Promise<Deed>> = {
  async load(machine, name) {
    const archive = await dockerArchive([{ image: await bigImage(), tags: [name] }]);
    return { act: () => load(machine.client, archive), isDone: () => thereIs(machine.client.call('ImageInspect', { path: { name } })) };
  },
  async pull(machine, name) {
    machine.registry.add(name, 'v1', { image: await bigImage() });
    const fromImage = `${machine.registry.host}/${name}`;
    return {
      act: async () => (await machine.client.call('ImageCreate', { query: { fromImage, tag: 'v1' } })).text(),
      isDone: () => thereIs(machine.client.call('ImageInspect', { path: { name: `${fromImage}:v1` } })),
    };
  },
  async commit(machine, name) {
    const container = await createIn(machine.client, shell('head -c 3000000 /dev/urandom >/big'), `${name}-source`);
    await machine.client.call('ContainerStart', { path: { id: container } });
    await waitIn(machine.client, container);
    return {
      act: async () => (await machine.client.call('ImageCommit', { query: { container, repo: name } })).json(),
      isDone: () => thereIs(machine.client.call('ImageInspect', { path: { name } })),
    };
  },
  create(machine, name) {
    const body = shell('true', { Volumes: { '/data': {} }, HostConfig: { Binds: [`${name}:/named`] } });
    return Promise.resolve({ act: () => createIn(machine.client, body, name), isDone: () => thereIs(inspectIn(machine.client, name)) });
  },
  async rename(machine, name) {
    const id = await createIn(machine.client, shell('true'));
    return {
      act: () => machine.client.call('ContainerRename', { path: { id }, query: { name } }),
      isDone: async () => (await inspectIn(machine.client, id)).Name === `/${name}`,
    };
  },
  async removal(machine, name) {
    await createIn(machine.client, shell('true', { Volumes: { '/data': {} } }), name);
    return {
      act: () => machine.client.call('ContainerDelete', { path: { id: name }, query: { v: true } }),
      isDone: async () => !(await thereIs(inspectIn(machine.client, name))),
    };
  },
  async 'image removal'(machine, name) {
    await load(machine.client, await dockerArchive([{ image: await bigImage(), tags: [name] }]));
    return {
      act: () => machine.client.call('ImageDelete', { path: { name } }),
      isDone: async () => !(await thereIs(machine.client.call('ImageInspect', { path: { name } }))),
    };
  },
  network(machine, name) {
    return Promise.resolve({
      act: () => machine.client.call('NetworkCreate', { body: { Name: name } }),
      isDone: () => thereIs(machine.client.call('NetworkInspect', { path: { id: name } })),
    });
  },
};

const cuts: readonly PowerCut[] = ['log-flushed', 'at-once'];

test('what was answered before a power cut is there after it, whole', async () => {
  const machine = await FailingMachine.open();
  const lost: string[] = [];
  for (const [name, begin] of Object.entries(deeds)) {
    const { act, isDone } = await begin(machine, name.replace(' ', '-'));
    await act();
    await machine.fail('at-once');
    if (!(await isDone())) lost.push(name);
  }
  expect(lost).toEqual([]);
}, 180_000);

test('what a power cut ends in the middle is done or not done, and can be done again', async () => {
  const machine = await FailingMachine.open();
  const wrong: string[] = [];
  for (const [round, name] of ['load', 'pull', 'commit', 'create', 'load', 'pull', 'commit', 'create'].entries()) {
    const { act, isDone } = await (deeds[name] as (typeof deeds)[string])(machine, `${name}-${round}`);
    const acting = act().catch(() => undefined);
    await sleep(5 + round * 12);
    await machine.fail(cuts[round % 2] ?? 'at-once');
    await acting;
    if (!(await isDone())) await act();
    if (!(await isDone())) wrong.push(`${name}, round ${round}`);
  }
  expect(wrong).toEqual([]);
}, 120_000);
