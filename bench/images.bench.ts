// Goals: pull of an image with one big file and of one with 50,000 small ones from a registry on loopback, unpacked and on the disk, takes at most 0.9 of
// dockerd's time; load and save of the same images at most as long as dockerd's. Both engines are asked over their sockets, in turns, in one run; before
// each turn all that the former one left unwritten is written, so that nobody pays for the other. All is on a file system of its own in a file (ext4), since
// what is unpacked is made durable by writing all of a file system, what others left unwritten in it too. dockerd answers before it is on the disk.
// The processor time of the engine with all its processes is told as well, since it does not depend on what else the machine does.
// Raw lists: .gantry/bench/images.json. Words: name of the bench, rounds, what of the name of an image is to be measured alone (`300`).
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { mediaTypes, type TarInput } from '@gantry/oci';
import { dockerArchive, imageOf, type TestImage, tarFile, tarOf } from '../libs/engine/src/testing/image-archives.ts';
import { DebianRegistry } from '../libs/engine/src/testing/debian-registry.ts';
import { dockerProcesses, nativeProcesses, ranMs } from './processes.ts';
import { type Contender, record, startNative, startPeer, tell, timed, type Times } from './side-by-side.ts';

const rounds = Number(process.argv[3] ?? 5);
const only = process.argv[4] ?? '';
const bigFileBytes = 300 * 1024 ** 2;
const smallFiles = 50_000;
const perDirectory = 100;
const run = promisify(execFile);

/** Half of it can be packed to a third, half not at all, in turns: as programs and what they bring along. */
function mixed(size: number): Buffer {
  const bytes = randomBytes(size);
  const piece = 64 * 1024;
  for (let at = 0; at + piece <= size; at += 2 * piece) {
    for (let place = at; place < at + piece; place += 3)
      bytes.fill('text'.charCodeAt(place % 4), place + 1, Math.min(place + 3, at + piece));
  }
  return bytes;
}

const bigFile = (): Promise<Buffer> => tarOf([tarFile('big', mixed(bigFileBytes))]);

function manyFiles(): Promise<Buffer> {
  const content = mixed(8 * 1024 ** 2);
  const entries: TarInput[] = [];
  for (let number = 0; number < smallFiles; number++) {
    const directory = `usr/lib/module-${Math.floor(number / perDirectory)}`;
    if (number % perDirectory === 0) entries.push({ type: 'directory', name: `${directory}/`, mode: 0o755 });
    const at = (number * 7919) % (content.length - 8192);
    entries.push(tarFile(`${directory}/file-${number}.js`, content.subarray(at, at + ((number * 613) % 6000))));
  }
  return tarOf(entries);
}

/** The same files and one more, so that no engine has the layer yet. */
async function imageNamed(name: string, tar: Buffer): Promise<TestImage> {
  const own = await tarOf([tarFile('name', name)]);
  const closing = 1024;
  return imageOf([Buffer.concat([own.subarray(0, -closing), tar])]);
}

async function pull({ client }: Contender, host: string, name: string): Promise<number> {
  const { ms, value } = await timed(async () =>
    (await client.call('ImageCreate', { query: { fromImage: `${host}/${name}`, tag: 'latest' } })).text(),
  );
  if (!value.includes('Downloaded newer image')) throw new Error(`pull of ${name}: ${value.slice(-500)}`);
  return ms;
}

async function load({ client }: Contender, archive: Buffer): Promise<number> {
  const { ms, value } = await timed(async () => (await client.call('ImageLoad', { body: archive, query: { quiet: true } })).text());
  if (!value.includes('Loaded image')) throw new Error(`load: ${value.slice(-500)}`);
  return ms;
}

async function save({ client }: Contender, name: string, leastBytes: number): Promise<number> {
  const { ms, value } = await timed(async () => {
    let bytes = 0;
    for await (const chunk of (await client.call('ImageGet', { path: { name } })).bytes) bytes += chunk.length;
    return bytes;
  });
  if (value < leastBytes) throw new Error(`save of ${name} brought ${value} bytes`);
  return ms;
}

const outside = await mkdtemp(join(tmpdir(), 'gantry-bench-'));
const root = join(outside, 'disk');
await mkdir(root);
await run('truncate', ['--size=60G', join(outside, 'ext4')]);
await run('mkfs.ext4', ['-q', join(outside, 'ext4')]);
await run('mount', ['-o', 'loop', join(outside, 'ext4'), root]);
try {
  process.env['TMPDIR'] = root; // where both engines get their directories
  await using native = await startNative();
  await using dockerd = await startPeer();
  await using registry = await DebianRegistry.start(root);
  await using peerRegistry = await DebianRegistry.start(root, dockerd.enter);
  const contenders = [
    { engine: 'native', contender: native, host: registry.host, processes: () => nativeProcesses(native.root) },
    { engine: 'dockerd', contender: dockerd, host: peerRegistry.host, processes: () => dockerProcesses(dockerd.enter) },
  ] as const;
  const times: Times = {};
  const inTurns = async (verb: string, into: Times, work: (contender: Contender, host: string) => Promise<number>): Promise<void> => {
    for (const { engine, contender, host, processes } of contenders) {
      await run('sync', ['-f', root]);
      const before = ranMs(processes());
      record(into, verb, { engine, ms: await work(contender, host) });
      record(into, `${verb}, processor time`, { engine, ms: ranMs(processes()) - before });
    }
  };
  for (const [what, tarOfIt] of [
    ['one file of 300 MB', bigFile],
    ['50,000 files', manyFiles],
  ] as const) {
    if (!what.includes(only)) continue;
    const tar = await tarOfIt();
    // Nothing is removed before the end: for a minute ext4 passes over the inodes of what was removed, and the more there are the longer that takes.
    for (let round = -1; round < rounds; round++) {
      const into = round < 0 ? {} : times; // the first warms both
      const name = `${what.replace(/\W+/g, '-').toLowerCase()}-${round + 1}`;
      const pulled = await imageNamed(`${name} pulled`, tar);
      await registry.push(name, 'latest', {
        image: pulled,
        layer: (plain) => gzipSync(plain, { level: 4 }),
        mediaType: mediaTypes.ociLayerGzip,
      });
      await inTurns(`pull ${what}`, into, (contender, host) => pull(contender, host, name));
      const archive = await dockerArchive([{ image: await imageNamed(`${name} loaded`, tar), tags: [`${name}:loaded`] }]);
      await inTurns(`load ${what}`, into, (contender) => load(contender, archive));
      await inTurns(`save ${what}`, into, (contender) => save(contender, `${name}:loaded`, tar.length));
    }
  }
  await tell('images', times);
} finally {
  await run('umount', [root]);
  await rm(outside, { recursive: true, force: true });
}
