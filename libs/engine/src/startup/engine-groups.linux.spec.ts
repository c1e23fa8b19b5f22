import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { Cgroups, detectCgroups } from '@gantry/linux';
import { EngineGroups } from './engine-groups.ts';

const opened = closedAfterEach();
const unit = '/system.slice/gantry-agent.service';
const roots = { data: '/data', instance: '1a2b3c', engineId: 'e' };

/** A v2 hierarchy of files, in which a unit's group is or is not delegated to this process. */
async function host({ isDelegated }: { isDelegated: boolean }) {
  const { path } = opened.use(await temporaryDirectory());
  const [root, run] = [join(path, 'cgroup'), join(path, 'run')];
  await mkdir(run);
  const populate = async (group: string): Promise<void> => {
    await mkdir(join(root, group), { recursive: true });
    await writeFile(join(root, group, 'cgroup.procs'), '17\n');
  };
  await mkdir(join(root, unit), { recursive: true });
  await writeFile(join(root, 'cgroup.controllers'), 'cpu memory\n');
  const processGroups = join(path, 'own');
  await writeFile(processGroups, `0::${unit}/agent\n`);
  const start = (delegated = isDelegated): Promise<EngineGroups> =>
    EngineGroups.open({
      cgroups: new Cgroups(detectCgroups(root)),
      kernel: { getXattr: () => Promise.resolve(delegated ? Buffer.from('1') : undefined) },
      roots: { ...roots, run },
      report: () => undefined,
      processGroups,
    });
  return { root, start, populate };
}

test('containers of an engine that a unit runs have their groups in the unit, else at the root', async () => {
  expect((await (await host({ isDelegated: true })).start()).path).toBe(`${unit}/gantry/1a2b3c`);
  expect((await (await host({ isDelegated: false })).start()).path).toBe('/gantry/1a2b3c');
});

test('containers that run keep their groups, however the engine is started next', async () => {
  const { start, populate } = await host({ isDelegated: true });
  await start();
  await populate(`${unit}/gantry/1a2b3c/one`);

  expect((await start(false)).path).toBe(`${unit}/gantry/1a2b3c`);
});

test('an engine whose containers run at the root, from before its unit was delegated, leaves them there', async () => {
  const { start, populate } = await host({ isDelegated: true });
  await populate('/gantry/1a2b3c/one');

  expect((await start()).path).toBe('/gantry/1a2b3c');
});

test('an engine that ends takes its groups away on this host, but not while a container has one', async () => {
  const cgroups = new Cgroups();
  const instance = Math.floor(Math.random() * 0xffffff).toString(16).padStart(6, '0'); // prettier-ignore
  const { path: run } = opened.use(await temporaryDirectory());
  const report = (problem: string, cause: unknown): void => {
    throw new Error(problem, { cause });
  };
  const groups = await EngineGroups.open({
    cgroups,
    kernel: { getXattr: () => Promise.resolve(undefined) },
    roots: { ...roots, run, instance },
    report,
  });
  opened.defer(() => cgroups.remove(groups.path));
  const left = (): string[] => cgroups.directoriesOf(groups.path).filter((directory) => existsSync(directory));
  await cgroups.create(`${groups.path}/container`);

  await groups[Symbol.asyncDispose]();
  expect(left()).not.toEqual([]);
  await cgroups.remove(`${groups.path}/container`);
  await groups[Symbol.asyncDispose]();
  expect(left()).toEqual([]);
});
