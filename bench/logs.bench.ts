// Goals: a container that writes as fast as its monitor takes it (100 MB/s where the machine has room) makes the engine at most 32 MB larger, with a reader that
// follows and without, and no line within the retention is lost; `logs --tail 100` of a log of a gigabyte answers within 50 ms. The bundle as `gantry engine`
// starts it beside a real dockerd, in turns. Lines are numbered, so that each reader sees what is missing. dockerd
// writes a quarter, since it takes longer. Words: name of the bench, MB that are written.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { demultiplex } from '@gantry/engine-api';
import { type Contender, createContainer, record, startNative, startPeer, tell, timed, type Times } from './side-by-side.ts';

const megabytes = Number(process.argv[3] ?? 1024);
const lineBytes = 128;
const mb = 1024 ** 2;
const linesOf = (megabytes: number): number => Math.floor((megabytes * mb) / lineBytes);
/** All that is written lies within the retention, in many files. */
const rotation = { 'max-size': '64m', 'max-file': '64' };
const unlimited = { native: { 'max-size': '-1' }, dockerd: {} };
const tails = 20;

async function writeLines(path: string): Promise<void> {
  const file = createWriteStream(path);
  const perChunk = 4096;
  for (let first = 0; first < linesOf(megabytes); first += perChunk) {
    let chunk = '';
    for (let line = first; line < Math.min(linesOf(megabytes), first + perChunk); line++)
      chunk += `${String(line).padStart(12, '0')} ${'x'.repeat(lineBytes - 14)}\n`;
    if (!file.write(chunk)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
}

interface Reading {
  first: number;
  lines: number;
  /** Numbers that do not follow on the one before. */
  gaps: number;
}

async function read({ client }: Contender, id: string, follow: boolean): Promise<Reading> {
  const reading: Reading = { first: -1, lines: 0, gaps: 0 };
  let rest = Buffer.alloc(0);
  for await (const { bytes: payload } of demultiplex(
    (await client.call('ContainerLogs', { path: { id }, query: { stdout: true, follow } })).bytes,
  )) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, payload]) : Buffer.from(payload.buffer, payload.byteOffset, payload.length);
    let at = 0;
    for (; at + lineBytes <= bytes.length; at += lineBytes) {
      const number = Number(bytes.toString('latin1', at, at + 12));
      if (reading.first < 0) reading.first = number;
      else if (number !== reading.first + reading.lines) reading.gaps++;
      reading.lines++;
    }
    rest = Buffer.from(bytes.subarray(at));
  }
  return reading;
}

const residentMb = (pid: number): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** A container that writes lines; answers how much its engine grew meanwhile, and what a follower and a reader afterwards saw. */
async function write({ contender, pid, megabytes }: { contender: Contender; pid: number; megabytes: number }, isFollowed: boolean) {
  const { client } = contender;
  const lines = linesOf(megabytes);
  const HostConfig = { Binds: [`${root}:/lines:ro`], LogConfig: { Type: 'json-file', Config: rotation } };
  const id = await createContainer(client, {
    Image: 'busybox',
    Cmd: ['head', '-c', String(lines * lineBytes), '/lines/lines'],
    HostConfig,
  });
  const before = residentMb(pid);
  let most = before;
  const sampling = setInterval(() => (most = Math.max(most, residentMb(pid))), 50);
  try {
    const startMs = performance.now();
    await client.call('ContainerStart', { path: { id } });
    const following = isFollowed ? read(contender, id, true) : undefined;
    await (await client.call('ContainerWait', { path: { id } })).json();
    const seconds = (performance.now() - startMs) / 1000;
    const followed = await following;
    const kept = await read(contender, id, false);
    const lost = ({ lines: seen, gaps }: Reading): string => `${lines - seen}${gaps > 0 ? `, ${gaps} gaps` : ''}`;
    return {
      'MB/s': (megabytes / seconds).toFixed(0),
      'grew by MB': (most - before).toFixed(1),
      'lost lines': lost(kept),
      'lost by the follower': followed === undefined ? '' : lost(followed),
    };
  } finally {
    clearInterval(sampling);
    await client.call('ContainerDelete', { path: { id }, query: { force: true } });
  }
}

async function tail({ client }: Contender, id: string): Promise<number> {
  const { ms, value } = await timed(async () => {
    let bytes = 0;
    const { bytes: parts } = await client.call('ContainerLogs', { path: { id }, query: { stdout: true, stderr: true, tail: '100' } });
    for await (const { bytes: payload } of demultiplex(parts)) bytes += payload.length;
    return bytes;
  });
  if (value !== 100 * lineBytes) throw new Error(`the last 100 lines had ${value} bytes`);
  return ms;
}

const root = await mkdtemp(join(tmpdir(), 'gantry-lines-'));
try {
  await writeLines(join(root, 'lines'));
  await using native = await startNative('bundle');
  await using dockerd = await startPeer();
  const peerPid = Number(
    (await promisify(execFile)('pgrep', ['-f', `^dockerd --data-root ${join(dockerd.socketPath, '..')}`])).stdout.trim(),
  );
  const contenders = [
    { engine: 'native', contender: native, pid: native.pid, megabytes },
    { engine: 'dockerd', contender: dockerd, pid: peerPid, megabytes: megabytes / 4 },
  ] as const;
  const written: Record<string, object> = {};
  for (const isFollowed of [false, true]) {
    for (const one of contenders) {
      written[`${one.engine}, ${isFollowed ? 'followed' : 'not followed'}`] = await write(one, isFollowed);
    }
  }
  console.table(written);

  const times: Times = {};
  const long: string[] = [];
  for (const { engine, contender } of contenders) {
    const HostConfig = { Binds: [`${root}:/lines:ro`], LogConfig: { Type: 'json-file', Config: unlimited[engine] } };
    const id = await createContainer(contender.client, { Image: 'busybox', Cmd: ['cat', '/lines/lines'], HostConfig });
    await contender.client.call('ContainerStart', { path: { id } });
    await (await contender.client.call('ContainerWait', { path: { id } })).json();
    long.push(id);
  }
  for (let round = -1; round < tails; round++) {
    for (const [at, { engine, contender }] of contenders.entries()) {
      record(round < 0 ? {} : times, `logs --tail 100 of ${megabytes} MB`, { engine, ms: await tail(contender, long[at] ?? '') });
    }
  }
  await tell('logs', times);
} finally {
  await rm(root, { recursive: true, force: true });
}
