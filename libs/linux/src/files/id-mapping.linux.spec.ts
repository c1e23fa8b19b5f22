import { lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { FileTree } from './file-tree.ts';
import type { IdMapping } from './id-mapping.ts';

const opened = closedAfterEach();
const ids: IdMapping = {
  uids: [
    { container: 0, host: 100_000, size: 1000 },
    { container: 1000, host: 300_000, size: 10 },
  ],
  gids: [{ container: 0, host: 200_000, size: 65_536 }],
};

async function treeOf(mapping: IdMapping = ids): Promise<{ root: string; tree: FileTree; owner: (name: string) => string }> {
  const root = opened.use(await temporaryDirectory()).path;
  const owner = (name: string): string => `${lstatSync(join(root, name)).uid}:${lstatSync(join(root, name)).gid}`;
  return { root, tree: opened.use(FileTree.open(root, mapping)), owner };
}

const shown = (tree: FileTree, path: string): string => {
  using look = tree.look(path);
  return `${look?.stat.uid}:${look?.stat.gid}`;
};

test('owners are given and told as they are in the user namespace', async () => {
  const { tree, owner } = await treeOf();
  tree.makeDirectory('made/deep');
  tree.createDirectory('made/new');
  const file = tree.createFile('made/file');
  file.setAttributes({ uid: 1005, gid: 7 });
  file.close();

  expect(['made', 'made/deep', 'made/new', 'made/file'].map(owner)).toEqual([
    ...['100000:200000', '100000:200000', '100000:200000'],
    '300005:200007',
  ]);
  expect(['made', 'made/file'].map((path) => shown(tree, path))).toEqual(['0:0', '1005:7']);
});

test('an id that the user namespace does not have is refused by number', async () => {
  const { tree } = await treeOf();
  expect(() => tree.checkOwner({ uid: 1010, gid: 0 })).toThrow('Container ID 1010 cannot be mapped to a host ID');
  tree.makeDirectory('d');
  expect(() => tree.setAttributes('d', { uid: 0, gid: 65_536 })).toThrow('Container ID 65536 cannot be mapped to a host ID');
});

test("a file of the host's is shown as nobody's and stays whose it is, whatever else is changed of it", async () => {
  const { root, tree, owner } = await treeOf();
  writeFileSync(join(root, 'host'), '');
  expect(shown(tree, 'host')).toBe('65534:65534');
  tree.setAttributes('host', { uid: 65_534, gid: 65_534, mode: 0o600 });
  expect([owner('host'), lstatSync(join(root, 'host')).mode & 0o777]).toEqual(['0:0', 0o600]);

  using before = tree.look('host');
  const file = tree.createFile('other');
  file.setAttributes({ uid: 65_534, gid: 65_534, ...(before && { like: before }) });
  file.close();
  expect(owner('other')).toBe('0:0');
  tree.setAttributes('host', { uid: 0, gid: 0 });
  expect(owner('host')).toBe('100000:200000');

  const { root: another, tree: kept } = await treeOf({ ...ids, unknown: 'itself' });
  mkdirSync(join(another, 'd'));
  expect(shown(kept, 'd')).toBe('0:0');
});

test("what is made for nobody is the namespace's nobody's, and not the host's root's, who is shown the same", async () => {
  const { tree, owner } = await treeOf({ uids: [{ container: 0, host: 100_000, size: 65_536 }], gids: ids.gids });
  const nobody = { uid: 65_534, gid: 65_534 };
  const file = tree.createFile('file');
  file.setAttributes({ ...nobody, mode: 0o4755 });
  file.close();
  tree.makeSymlink('link', 'file');
  tree.makeNode('pipe', { type: 'fifo', device: { major: 0, minor: 0 } });
  tree.makeDirectory('directory');
  for (const path of ['link', 'pipe', 'directory']) tree.setAttributes(path, nobody);

  expect(['file', 'link', 'pipe', 'directory'].map(owner)).toEqual(Array.from({ length: 4 }, () => '165534:265534'));
  const { tree: small } = await treeOf();
  const refused = small.createFile('file');
  expect(() => refused.setAttributes(nobody)).toThrow('Container ID 65534 cannot be mapped to a host ID');
  refused.close();
});

test("capabilities of a file are those of the namespace's root outside, and of any root inside", async () => {
  const { root, tree } = await treeOf();
  const ping = Buffer.from('0100000200200000000000000000000000000000', 'hex'); // cap_net_raw+ep, the second revision
  const file = tree.createFile('ping', 0o755);
  file.setAttributes({ uid: 0, gid: 0, xattrs: new Map([['security.capability', ping]]) });
  file.close();

  using host = FileTree.open(root);
  const capability = (of: FileTree): string => {
    using look = of.look('ping');
    return Buffer.from(look?.xattrs().get('security.capability') ?? []).toString('hex');
  };
  expect(capability(host)).toBe(`${ping.toString('hex').replace('01000002', '01000003')}a0860100`);
  expect(capability(tree)).toBe(ping.toString('hex'));
});
