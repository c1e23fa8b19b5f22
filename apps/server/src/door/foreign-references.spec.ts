import { withOwnNames, withoutForeignReferences } from './foreign-references.ts';
import type { Looking } from './looking.ts';

const own = 'a'.repeat(64);
const foreign = 'b'.repeat(64);

function looking(seesEverything: boolean): Looking {
  const seenContainers = () => Promise.resolve([{ Id: own, Names: ['/red-db', '/blue-web/db'] }]);
  return { things: { sight: { seesEverything }, seenContainers } } as unknown as Looking;
}

const linked = {
  Id: 'c',
  HostConfig: {
    Links: ['/red-db:/web/db', '/blue-db:/web/other'],
    VolumesFrom: ['red-db:ro', 'blue-db', foreign],
    NetworkMode: `container:${foreign}`,
    PidMode: `container:${own}`,
    IpcMode: 'private',
    Memory: 5,
  },
};

test('other containers that the caller does not see are not named in the settings of one that they see', async () => {
  expect(await withoutForeignReferences(linked, looking(false))).toStrictEqual({
    Id: 'c',
    HostConfig: {
      Links: ['/red-db:/web/db'],
      VolumesFrom: ['red-db:ro'],
      NetworkMode: 'container:(not yours)',
      PidMode: `container:${own}`,
      IpcMode: 'private',
      Memory: 5,
    },
  });
});

test.each([
  [
    { Links: ['/blue-db:/web/db'], VolumesFrom: null, NetworkMode: 'bridge' },
    { Links: [], VolumesFrom: null, NetworkMode: 'bridge' },
  ],
  [
    { Links: null, VolumesFrom: ['blue-db'] },
    { Links: null, VolumesFrom: [] },
  ],
  [
    { Links: null, VolumesFrom: null, IpcMode: `container:${foreign}` },
    { Links: null, VolumesFrom: null, IpcMode: 'container:(not yours)' },
  ],
  [{ Cgroup: `container:${foreign}` }, { Cgroup: 'container:(not yours)' }],
])('whichever of them names another: %j', async (HostConfig, shown) => {
  expect(await withoutForeignReferences({ HostConfig }, looking(false))).toStrictEqual({ HostConfig: shown });
});

test('who sees everything is shown everything, and settings that name nobody stay as they are', async () => {
  expect(await withoutForeignReferences(linked, looking(true))).toBe(linked);
  for (const HostConfig of [null, undefined, { Links: null, VolumesFrom: [], NetworkMode: 'bridge' }]) {
    const answer = { Id: 'c', HostConfig };
    expect(await withoutForeignReferences(answer, looking(false))).toBe(answer);
  }
});

test('the names that links give to a container are those of others, and shown to who sees everything', () => {
  const item = { Id: own, Names: ['/blue-web/db', '/red-db'] };

  expect(withOwnNames(item, looking(false))).toStrictEqual({ Id: own, Names: ['/red-db'] });
  expect(withOwnNames(item, looking(true))).toBe(item);
  expect(withOwnNames({ Id: own, Names: null }, looking(false))).toStrictEqual({ Id: own, Names: null });
});
