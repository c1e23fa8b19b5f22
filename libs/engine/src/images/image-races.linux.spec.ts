import { Failure } from '@gantry/base';
import { closedAfterEach } from '@gantry/base/testing';
import { createIn } from '../testing/container-client.ts';
import { busyboxImage, dockerArchive, imageOf, tarFile, tarOf } from '../testing/image-archives.ts';
import { openTestEngine, removeAll, type TestEngine } from '../testing/open-test-engine.ts';
import { orphans } from '../testing/orphans.ts';

const opened = closedAfterEach();
const clients = 32;
const stepsOfEach = 8;
const names = ['race:1', 'race:2', 'race:3'];

/** Two images with the lower layers in common, under the same names. */
async function archives(): Promise<Buffer[]> {
  const { layers } = await busyboxImage();
  const images = await Promise.all(
    ['one', 'two'].map(async (text) => imageOf([...layers, await tarOf([tarFile('own', text)])], { Cmd: ['true'] })),
  );
  return Promise.all(images.map((image, at) => dockerArchive([{ image, tags: [names[at] ?? '', names[2] ?? ''] }])));
}

/** One client; answers what it was told beside that something is not there or in use. */
async function disturb({ client }: TestEngine, loads: readonly Buffer[], seed: number): Promise<string[]> {
  let state = seed;
  const next = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(next() * items.length)] as Item;
  const acts = [
    async () => {
      const told = await (await client.call('ImageLoad', { body: pick(loads) })).text();
      if (told.includes('"error"')) throw new Error(told);
    },
    () => client.call('ImageTag', { path: { name: pick(names) }, query: { repo: 'race', tag: pick(['1', '2', '3']) } }),
    () => client.call('ImageDelete', { path: { name: pick(names) }, query: { force: next() < 0.5 } }),
    async () => {
      const id = await createIn(client, { Image: pick(names) });
      await client.call('ContainerStart', { path: { id } });
      await client.call('ContainerDelete', { path: { id }, query: { force: true } });
    },
    () => createIn(client, { Image: pick(names) }),
    () => client.call('ImagePrune', { query: { filters: { dangling: ['false'] } } }),
  ];
  const strange: string[] = [];
  for (let step = 0; step < stepsOfEach; step++) {
    await pick(acts)().catch((thrown: unknown) => {
      const { code, message } = Failure.from(thrown);
      if (code !== 'conflict' && code !== 'not-found') strange.push(`${code}: ${message}`);
    });
  }
  return strange;
}

test('32 clients that load, name, use, remove and prune the same images leave whole images and nothing else', async () => {
  const engine = opened.use(await openTestEngine());
  const { client, root } = engine;
  const loads = await archives();

  const strange = await Promise.all(Array.from({ length: clients }, (_, seed) => disturb(engine, loads, seed + 1)));

  expect(strange.flat()).toEqual([]);
  const containers = await (await client.call('ContainerList', { query: { all: true } })).json<{ Id: string; State: string }[]>();
  for (const { Id } of containers.filter(({ State }) => State === 'created')) await client.call('ContainerStart', { path: { id: Id } });
  await removeAll(client);
  const images = await (await client.call('ImageList', { query: { all: true } })).json<{ Id: string }[]>();
  for (const { Id } of images) await createIn(client, { Image: Id });
  await removeAll(client);
  const networks = await (await client.call('NetworkList', {})).json<{ Id: string }[]>();
  const known = { containers: [], images: images.map(({ Id }) => Id), volumes: [], networks: networks.map(({ Id }) => Id) };
  const left = orphans({ path: root, roots: [], instance: engine.engine.instance }, known);
  expect(left.filter((line) => !line.startsWith('cgroups'))).toEqual([]);
  expect(engine.problems).toEqual([]);
}, 120_000);
