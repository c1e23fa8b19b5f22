import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { copyTree } from './copy-tree.ts';

const opened = closedAfterEach();

async function places(): Promise<{ root: string; target: string; outside: string }> {
  const { path } = opened.use(await temporaryDirectory());
  const [root, target, outside] = ['root', 'target', 'outside'].map((name) => join(path, name)) as [string, string, string];
  for (const directory of [root, target, outside]) mkdirSync(directory);
  return { root, target, outside };
}

const sh = (script: string, directory: string): string => execFileSync('sh', ['-ec', script], { cwd: directory, encoding: 'utf8' });

test('content arrives with owners, modes, times, attributes, links and devices', async () => {
  const { root, target } = await places();
  sh(
    `mkdir -p var/lib/db/sub && cd var/lib/db && chown 70:71 . && chmod 2750 . && echo data > sub/file && chown 70:71 sub/file && chmod 4640 sub/file
     ln sub/file second && ln -s /etc/passwd link && mknod null c 1 3 && mkfifo pipe && touch -d @1600000000.5 sub`,
    root,
  );
  execFileSync('python3', ['-c', 'import os,sys;os.setxattr(sys.argv[1],"user.note",b"\\x00\\xff")', join(root, 'var/lib/db/second')]);

  expect(copyTree({ root, path: 'var/lib/db', target })).toBe(true);

  const list = (directory: string): string => sh(`find . -printf '%p %y %m %U %G %n %l %T@\\n' | sort; stat -c '%t %T' null`, directory);
  expect(list(target)).toBe(list(join(root, 'var/lib/db')));
  expect(readFileSync(join(target, 'sub/file'), 'utf8')).toBe('data\n');
  expect(
    execFileSync('python3', ['-c', 'import os,sys;print(os.getxattr(sys.argv[1],"user.note").hex())', join(target, 'second')], {
      encoding: 'utf8',
    }),
  ).toBe('00ff\n');
});

test('links on the way are followed inside the root and never outside', async () => {
  const { root, target, outside } = await places();
  writeFileSync(join(outside, 'secret'), 'secret');
  mkdirSync(join(root, 'run'));
  writeFileSync(join(root, 'run/inside'), '1');
  mkdirSync(join(root, 'var'));
  symlinkSync('/run', join(root, 'var/run'));
  symlinkSync(outside, join(root, 'out'));
  symlinkSync('../../../../..', join(root, 'up'));
  symlinkSync(join(outside, 'secret'), join(root, 'run/link'));

  expect(copyTree({ root, path: 'out', target })).toBe(false);
  expect(copyTree({ root, path: 'missing', target })).toBe(false);
  expect(readdirSync(target)).toEqual([]);
  expect(copyTree({ root, path: 'var/run', target })).toBe(true);
  expect(readdirSync(target).sort()).toEqual(['inside', 'link']);
  expect(lstatSync(join(target, 'link')).isSymbolicLink()).toBe(true);
  expect(readlinkSync(join(target, 'link'))).toBe(join(outside, 'secret'));
});

test('a target that has something already stays as it is', async () => {
  const { root, target } = await places();
  writeFileSync(join(root, 'new'), '1');
  writeFileSync(join(target, 'old'), '1');
  expect(copyTree({ root, path: '', target })).toBe(false);
  expect(readdirSync(target)).toEqual(['old']);
});

test('an empty directory gives its owner and mode', async () => {
  const { root, target } = await places();
  sh('mkdir d && chown 5:6 d && chmod 0700 d', root);
  expect(copyTree({ root, path: 'd', target })).toBe(true);
  expect([statSync(target).uid, statSync(target).gid, statSync(target).mode & 0o7777]).toEqual([5, 6, 0o700]);
});
