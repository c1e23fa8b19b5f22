import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '@gantry/base/testing';
import { subordinateIds } from './subordinate-ids.ts';

const files = {
  passwd:
    'root:x:0:0:root:/root:/bin/sh\nada:x:1001:1001::/home/ada:/bin/sh\ndockremap:x:990:990::/:/bin/false\nbare:x:1002:1002::/:/bin/sh\n',
  group: 'root:x:0:\nada:x:1001:\nmakers:x:2000:\ndockremap:x:990:\nbare:x:1002:\n',
  subuid: '# of this machine\nada:300000:1000\nada:200000:65536\n990:100000:65536\nroot:500000:65536\n',
  subgid: 'ada:210000:65536\nmakers:400000:65536\ndockremap:100000:65536\n',
};

async function idsOf(setting: string, changes: Readonly<Partial<typeof files>> = {}) {
  await using directory = await temporaryDirectory();
  for (const [name, text] of Object.entries({ ...files, ...changes })) writeFileSync(join(directory.path, name), text);
  return await subordinateIds(setting, directory.path).catch((thrown: unknown) => {
    throw new Error((thrown as Error).message.replaceAll(directory.path, '/etc'), { cause: thrown });
  });
}

const whole = (host: number) => [{ container: 0, host, size: 65_536 }];

test('the ranges of a user follow each other in containers, the lowest first', async () => {
  const { uids, gids } = (await idsOf('ada')) ?? {};
  expect(uids).toEqual([
    { container: 0, host: 200_000, size: 65_536 },
    { container: 65_536, host: 300_000, size: 1000 },
  ]);
  expect(gids).toEqual(whole(210_000));
});

test.each([
  ['default', 100_000, 100_000],
  ['dockremap', 100_000, 100_000],
  ['990', 100_000, 100_000],
  ['ada:makers', 200_000, 400_000],
  ['1001:2000', 200_000, 400_000],
  ['1001', 200_000, 210_000],
])('%s takes the ids of that user and group', async (setting, uid, gid) => {
  const { uids, gids } = (await idsOf(setting)) ?? {};
  expect([uids?.[0]?.host, gids?.[0]?.host]).toEqual([uid, gid]);
});

test.each([
  ['nobody-here', {}, 'there is no user nobody-here in /etc/passwd'],
  ['ada:nobody-here', {}, 'there is no group nobody-here in /etc/group'],
  ['7', {}, 'there is no user 7 in /etc/passwd'],
  ['root', {}, 'root cannot be remapped with itself'],
  ['a:b:c', {}, 'must be "default", user, user:group, uid or uid:gid'],
  ['ada:', {}, 'must be "default", user, user:group, uid or uid:gid'],
  ['bare', {}, 'there is no entry of bare in /etc/subuid (such as bare:100000:65536)'],
  ['ada', { subgid: '' }, 'there is no entry of ada in /etc/subgid (such as ada:100000:65536)'],
  ['ada', { subuid: 'ada:1000' }, 'the entry ada:1000 in /etc/subuid is not name:first-id:count'],
  ['ada', { subuid: 'ada:0:65536' }, 'the entry ada:0:65536 in /etc/subuid is not name:first-id:count'],
  [
    'default',
    { passwd: '' },
    'there is no user dockremap in /etc/passwd (make it by: useradd --system --user-group --no-create-home dockremap)',
  ],
])('%s is refused by name where its entry is missing or wrong', async (setting, changes, why) => {
  await expect(idsOf(setting, changes)).rejects.toThrow(`"userns-remap": ${JSON.stringify(setting)}: ${why}`);
});
