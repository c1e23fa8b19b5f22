import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { FileTree } from './file-tree.ts';
import { treePath } from './tree-path.ts';

const opened = closedAfterEach();

async function places(): Promise<{ root: string; outside: string; tree: FileTree }> {
  const { path } = opened.use(await temporaryDirectory());
  const root = join(path, 'root');
  const outside = join(path, 'outside');
  mkdirSync(root);
  mkdirSync(outside);
  const tree = FileTree.open(root);
  opened.defer(() => tree[Symbol.dispose]());
  return { root, outside, tree };
}

function write(tree: FileTree, path: string, text = 'x'): void {
  const file = tree.createFile(path);
  try {
    file.write(Buffer.from(text));
    file.setAttributes({ mode: 0o644, uid: 0, gid: 0 });
  } finally {
    file.close();
  }
}

test.each([
  ['./a//b/./c', 'a/b/c'],
  ['/etc/passwd', 'etc/passwd'],
  ['a/../b', 'b'],
  ['./', ''],
])('%j is %j below the root', (name, path) => {
  expect(treePath(name)).toBe(path);
});

test.each(['..', '../x', 'a/../../x', '/../x'])('%j leads outside and is refused', (name) => {
  expect(() => treePath(name)).toThrow('leads outside of its root');
});

test('a file has its own owner and mode, whatever its directory hands down and the mask of the process takes', async () => {
  const { root, tree } = await places();
  tree.makeDirectory('shared');
  tree.setAttributes('shared', { mode: 0o2777, uid: 7, gid: 8 });
  for (const [name, mode, gid] of [
    ['open', 0o666, 0],
    ['closed', 0o400, 8],
  ] as const) {
    const file = tree.createFile(`shared/${name}`, mode);
    file.setAttributes({ mode, uid: 0, gid });
    file.close();

    const stat = lstatSync(join(root, 'shared', name));
    expect([stat.uid, stat.gid, stat.mode & 0o7777]).toEqual([0, gid, mode]);
  }
});

test('files get content, owner, mode, times and attributes, set-id bits and capabilities included', async () => {
  const { root, tree } = await places();
  const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex');
  const mtime = { seconds: 1_600_000_000, nanoseconds: 123_456_789 };
  const file = tree.createFile('bin/tool');
  file.write(Buffer.from('#!'));
  file.setAttributes({ mode: 0o6755, uid: 1000, gid: 1001, mtime, xattrs: new Map([['security.capability', capability]]) });
  file.close();

  const stat = lstatSync(join(root, 'bin/tool'), { bigint: true });
  expect([stat.uid, stat.gid, stat.mode & 0o7777n, stat.mtimeNs]).toEqual([1000n, 1001n, 0o6755n, 1_600_000_000_123_456_789n]);
  const shown = execFileSync('python3', [
    '-c',
    'import os,sys;print(os.getxattr(sys.argv[1],"security.capability").hex())',
    join(root, 'bin/tool'),
  ]);
  expect(shown.toString().trim()).toBe(capability.toString('hex'));
  expect(lstatSync(join(root, 'bin')).mode & 0o7777).toBe(0o755);
});

test('symlinks, hardlinks, devices and fifos are made as asked', async () => {
  const { root, tree } = await places();
  write(tree, 'file', 'one');
  tree.makeHardlink('second', 'file');
  tree.makeSymlink('link', '/file');
  tree.setAttributes('link', { uid: 5, gid: 6, mtime: { seconds: 7, nanoseconds: 0 } });
  tree.makeHardlink('link-2', 'link');
  tree.makeNode('null', { type: 'character', device: { major: 1, minor: 3 } });
  tree.makeNode('whiteout', { type: 'character', device: { major: 0, minor: 0 } });
  tree.makeNode('high', { type: 'block', device: { major: 259, minor: 70_000 } });
  tree.makeNode('pipe', { type: 'fifo', device: { major: 0, minor: 0 } });
  tree.setAttributes('null', { mode: 0o666, uid: 0, gid: 5 });

  expect(statSync(join(root, 'second')).ino).toBe(statSync(join(root, 'file')).ino);
  expect([readlinkSync(join(root, 'link')), lstatSync(join(root, 'link')).uid, lstatSync(join(root, 'link')).mtimeMs]).toEqual([
    '/file',
    5,
    7000,
  ]);
  expect(readlinkSync(join(root, 'link-2'))).toBe('/file');
  const device = (name: string): string => execFileSync('stat', ['-c', '%F %t %T %a', join(root, name)], { encoding: 'utf8' }).trim();
  expect(device('null')).toBe('character special file 1 3 666');
  expect(device('whiteout')).toBe('character special file 0 0 600');
  expect(device('high')).toBe('block special file 103 11170 600');
  expect(lstatSync(join(root, 'pipe')).isFIFO()).toBe(true);
});

test('names are bytes, whatever they mean as text', async () => {
  const { root, tree } = await places();
  write(tree, '\xff\xfe');
  expect(readdirSync(root, { encoding: 'latin1' })).toEqual(['\xff\xfe']);
});

test('what was there is replaced; a directory over a directory keeps its content', async () => {
  const { root, tree } = await places();
  write(tree, 'a/b/c');
  expect(tree.makeDirectory('a/b')).toBe('was-there');
  expect(existsSync(join(root, 'a/b/c'))).toBe(true);
  write(tree, 'a/b', 'now a file');
  expect(readFileSync(join(root, 'a/b'), 'utf8')).toBe('now a file');
  expect(tree.makeDirectory('a/b')).toBe('made');
  tree.makeSymlink('a', 'elsewhere');
  expect(tree.makeDirectory('a')).toBe('made');
  expect(readdirSync(join(root, 'a'))).toEqual([]);
});

test('links lead to where they would with the root as /, never outside', async () => {
  const { root, outside, tree } = await places();
  writeFileSync(join(outside, 'secret'), 'secret');
  mkdirSync(join(root, 'usr/lib'), { recursive: true });
  tree.makeSymlink('lib', 'usr/lib');
  tree.makeSymlink('absolute', '/usr/lib');
  tree.makeSymlink('up', '../../../../../..');
  tree.makeSymlink('out', outside);
  tree.makeSymlink('chain-1', 'chain-2');
  tree.makeSymlink('chain-2', '../outside');

  write(tree, 'lib/one');
  write(tree, 'absolute/two');
  write(tree, 'up/three');
  expect(readdirSync(join(root, 'usr/lib')).sort()).toEqual(['one', 'two']);
  expect(existsSync(join(root, 'three'))).toBe(true);
  for (const way of ['out/x', 'chain-1/x', 'out/secret', 'chain-1/secret']) expect(() => write(tree, way)).toThrow();
  for (const target of ['out/secret', 'chain-1/secret']) expect(() => tree.makeHardlink('stolen', target)).toThrow();
  tree.remove('out/secret');
  tree.remove('out');
  tree.remove('chain-1');
  expect(readdirSync(outside)).toEqual(['secret']);
});

test('a link to a process descriptor leads nowhere', async () => {
  const { outside, tree } = await places();
  tree.makeDirectory('proc');
  tree.makeSymlink('escape', '/proc/self/cwd');
  expect(() => write(tree, 'escape/x')).toThrow();
  expect(readdirSync(outside)).toEqual([]);
});

test('somebody who swaps directories for links gets nothing written outside and nothing removed there', async () => {
  const { root, outside, tree } = await places();
  mkdirSync(join(outside, 'd'));
  writeFileSync(join(outside, 'd/precious'), 'precious');
  mkdirSync(join(root, 'd'));
  symlinkSync(outside, join(root, 'swapped'));
  const swaps = new Int32Array(new SharedArrayBuffer(4));
  const attacker = new Worker(
    `const fs = require('node:fs'); const { parentPort, workerData: { root, swapped } } = require('node:worker_threads');
     const swaps = new Int32Array(swapped); let stop = false, aside = 0; parentPort.on('message', () => { stop = true; });
     (function loop() {
       for (let i = 0; i < 200; i++) try { fs.renameSync(root + '/d', root + '/e'); fs.renameSync(root + '/swapped', root + '/d'); fs.renameSync(root + '/d', root + '/swapped'); fs.renameSync(root + '/e', root + '/d'); Atomics.add(swaps, 0, 1); } catch {
         for (const name of ['d', 'e', 'swapped']) try { fs.renameSync(root + '/' + name, root + '/aside' + aside++); } catch {}
         try { fs.mkdirSync(root + '/d'); } catch {} try { fs.symlinkSync('${outside}', root + '/swapped'); } catch {} }
       if (stop) parentPort.postMessage('ended'); else setImmediate(loop);
     })();`,
    { eval: true, workerData: { root, swapped: swaps.buffer } },
  );
  let written = 0;
  // On a busy machine either side may be late: both must have done their part.
  const enough = () => written > 100 && Atomics.load(swaps, 0) > 100;
  for (const start = Date.now(); Date.now() < start + 1500 || (!enough() && Date.now() < start + 30_000);) {
    try {
      write(tree, `d/d/${written % 50}`);
      tree.setAttributes('d/d', { mode: 0o777, uid: 7, gid: 7 });
      written++;
      if (written % 20 === 0) tree.remove('d');
    } catch {
      // A walk that meets a link fails; what counts is where nothing arrived.
    }
  }
  attacker.postMessage('stop');
  await new Promise((resolve) => attacker.once('message', resolve));
  await attacker.terminate();
  expect(written).toBeGreaterThan(100);
  expect(Atomics.load(swaps, 0)).toBeGreaterThan(100);
  expect(readdirSync(outside)).toEqual(['d']);
  expect(readdirSync(join(outside, 'd'))).toEqual(['precious']);
  expect(statSync(join(outside, 'd')).uid).toBe(0);
});

test('a tree leaves no descriptor open', async () => {
  const { path } = opened.use(await temporaryDirectory());
  const before = readdirSync('/proc/self/fd').length;
  {
    using tree = FileTree.open(path);
    for (let number = 0; number < 200; number++) write(tree, `d${number}/file`);
    expect(readdirSync('/proc/self/fd').length).toBeLessThan(before + 40);
    expect(() => tree.makeHardlink('x', 'missing')).toThrow();
  }
  expect(readdirSync('/proc/self/fd')).toHaveLength(before);
});

test('what is mounted below a directory is not emptied with it', async () => {
  const { root, tree } = await places();
  const mounted = join(root, 'd/mounted');
  mkdirSync(mounted, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', mounted]);
  opened.defer(() => void execFileSync('umount', [mounted]));
  writeFileSync(join(mounted, 'kept'), 'kept');

  expect(() => {
    tree.remove('d');
  }).toThrow(/EXDEV/);

  expect(readFileSync(join(mounted, 'kept'), 'utf8')).toBe('kept');
});

test('a tree that is 30,000 directories deep goes, and little is open meanwhile', async () => {
  const { root, outside, tree } = await places();
  execFileSync('python3', [
    '-c',
    'import os,sys\nos.chdir(sys.argv[1])\nfor i in range(30000):\n  os.mkdir("d")\n  if i%1000==0: os.close(os.open("f",os.O_CREAT))\n  os.chdir("d")',
    root,
  ]);
  const before = readdirSync('/proc/self/fd').length;
  writeFileSync(join(outside, 'kept'), 'kept');

  tree.remove('d');

  expect(readdirSync(root)).toEqual(['f']);
  expect(readdirSync('/proc/self/fd').length).toBe(before);
  expect(readdirSync(outside)).toEqual(['kept']);
}, 120_000);
