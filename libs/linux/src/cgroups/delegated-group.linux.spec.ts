import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { type Kernel, openKernel } from '../thread/kernel.ts';
import { detectCgroups } from './cgroup-layout.ts';
import { delegatedGroup, delegationMark } from './delegated-group.ts';

const opened = closedAfterEach();
const unit = '/system.slice/gantry-agent.service';

/** A v2 hierarchy in which systemd has marked the unit's group, or not, seen by a process in the group `own`. */
async function seen(own: string, { isMarked = true, files = { 'cgroup.controllers': 'cpu memory\n' } } = {}): Promise<string | undefined> {
  const { path: root } = opened.use(await temporaryDirectory());
  const kernel: Kernel = opened.use(await openKernel());
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(root, name, '..'), { recursive: true });
    await writeFile(join(root, name), text);
  }
  await mkdir(join(root, unit, 'agent'), { recursive: true });
  if (isMarked) await kernel.setXattr(join(root, unit), delegationMark, Buffer.from('1'));
  await writeFile(join(root, 'own'), `0::${own}\n`);
  return delegatedGroup(detectCgroups(root), { readMark: (path, name) => kernel.getXattr(path, name), processGroups: join(root, 'own') });
}

test('a unit whose process systemd starts in a group below its delegated one has that for its containers', async () => {
  expect(await seen(`${unit}/agent`)).toBe(unit);
});

test('a unit that is not delegated, or whose process is in the delegated group itself, has none', async () => {
  expect(await seen(`${unit}/agent`, { isMarked: false })).toBeUndefined();
  expect(await seen(unit)).toBeUndefined();
});

test('a process that no unit started, or that is in a container, has none', async () => {
  expect(await seen('/user.slice/user-0.slice/session-3.scope')).toBeUndefined();
  expect(await seen('/')).toBeUndefined();
});

test('on v1 hosts there is none', async () => {
  expect(await seen(`${unit}/agent`, { files: { 'memory/tasks': '' } as never })).toBeUndefined();
});
