import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Failure } from '@gantry/base';
import { demultiplex } from '@gantry/engine-api';
import { askUntil } from '@gantry/engine-api/testing';
import { inspectIn, type InspectedContainer, runIn, shell } from './container-client.ts';
import { endless } from './crash-operation.ts';
import { type CrashWorld, seeds } from './crash-world.ts';

export function expectSame(what: string, found: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(found, expected)) throw new Error(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`);
}

/** undefined: there is no such container. */
export const stateOf = (world: CrashWorld, name: string): Promise<InspectedContainer['State'] | undefined> =>
  inspectIn(world.client, name).then(
    ({ State }) => State,
    (cause: unknown) => {
      if (Failure.from(cause).code === 'not-found') return undefined;
      throw cause;
    },
  );

export async function removeContainer(world: CrashWorld, name: string): Promise<void> {
  await world.client.call('ContainerDelete', { path: { id: name }, query: { force: true, v: true } });
}

/** The image is there or not; done again it is, with that id and whole; then it goes, and what it alone had. */
export async function imageCheck(
  world: CrashWorld,
  { name, id, again }: { readonly name: string; readonly id?: string; readonly again: () => Promise<unknown> },
): Promise<void> {
  const idOf = async (): Promise<string> => (await (await world.client.call('ImageInspect', { path: { name } })).json<{ Id: string }>()).Id;
  const before = await idOf().catch((cause: unknown) => {
    if (Failure.from(cause).code !== 'not-found') throw cause;
  });
  if (before !== undefined && id !== undefined) expectSame(`the id of ${name}`, before, id);
  await again();
  if (id !== undefined) expectSame(`the id of ${name} when it was done again`, await idOf(), id);
  await world.client.call('ImageDelete', { path: { name } });
  await world.client.call('ImagePrune', {});
}

/** All that its image has for its volume is in it. */
export async function expectSeeded(world: CrashWorld, name: string): Promise<void> {
  const answer = await world.client.call('ContainerInspect', { path: { id: name } });
  const { Mounts } = await answer.json<{ Mounts: { Source: string; Destination: string }[] }>();
  const seeded = Mounts.find(({ Destination }) => Destination === '/seed');
  expectSame('the files in its volume', readdirSync(seeded?.Source ?? '').length, seeds);
}

/** Runs an endless script and waits until it hears signals. */
export async function runReady(
  world: CrashWorld,
  { script = endless, ...more }: { script?: string; of?: string; HostConfig?: object },
): Promise<string> {
  const { of = 'running', ...body } = more;
  const id = await runIn(world.client, shell(script, body), world.name(of));
  const upper = world.path('data/engine/rw', id, 'u');
  await askUntil(
    () => Promise.resolve(readdirSync(upper)),
    (names) => names.includes('ready'),
  );
  return id;
}

/** What the kernel says in the first of these files of a container's control group. */
export function groupFile(world: CrashWorld, id: string, [controller = '', ...files]: readonly string[]): string {
  const roots = [join('/sys/fs/cgroup', controller), '/sys/fs/cgroup'].map((root) => join(root, 'gantry', world.root.instance, id));
  const path = roots.flatMap((root) => files.map((file) => join(root, file))).find((one) => existsSync(one));
  return path === undefined ? '' : readFileSync(path, 'utf8').trim();
}

export function expectThawed(world: CrashWorld, id: string, isThawed: boolean): void {
  const said = groupFile(world, id, ['freezer', 'freezer.state', 'cgroup.freeze']);
  expectSame('whether the kernel lets it run', ['THAWED', '0'].includes(said), isThawed);
}

export async function linesOf(world: CrashWorld, id: string): Promise<string[]> {
  const { bytes } = await world.client.call('ContainerLogs', { path: { id }, query: { stdout: true } });
  let text = '';
  for await (const part of demultiplex(bytes)) text += Buffer.from(part.bytes).toString();
  return text.trimEnd().split('\n');
}
