// Claim: a log of a gigabyte read by a slow and a fast reader at once costs server and agent less than 64 MB each, the fast reader is not slowed by the
// slow one, and neither loses nor doubles a line. Server and agent are processes of their own; the way is door, socket.io, channel.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import { performance } from 'node:perf_hooks';

const logBytes = 1024 * 1024 * 1024;
const lineBytes = 104;
const slowBytesPerSecond = 4 * 1024 * 1024;

function part(...args: string[]): { child: ChildProcess; says: AsyncIterator<string> } {
  const file = fileURLToPath(new URL('link-part.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=source', file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  return { child, says: createInterface(child.stdout)[Symbol.asyncIterator]() };
}

function residentBytes({ pid = 0 }: ChildProcess): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

interface Reading {
  lines: number;
  wrong: number;
  seconds: number;
}

/** Reads a log and compares each line's number with the one that is due. */
function read(url: string, { bytesPerSecond = Number.POSITIVE_INFINITY, until = new Promise<void>(() => undefined) }): Promise<Reading> {
  const startMs = performance.now();
  const reading: Reading = { lines: 0, wrong: 0, seconds: 0 };
  return new Promise((resolve, reject) => {
    get(`${url}/engine/h1/logs`, { agent: false }, (response) => {
      let rest: Buffer = Buffer.alloc(0);
      let received = 0;
      const finish = (): void => {
        reading.seconds = (performance.now() - startMs) / 1000;
        resolve(reading);
      };
      void until.then(() => response.destroy());
      response
        .on('data', (chunk: Buffer) => {
          received += chunk.length;
          const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
          let at = 0;
          for (; at + lineBytes <= bytes.length; at += lineBytes) {
            if (Number(bytes.toString('latin1', at, at + 12)) !== reading.lines) reading.wrong++;
            reading.lines++;
          }
          rest = bytes.subarray(at);
          const aheadMs = (received / bytesPerSecond) * 1000 - (performance.now() - startMs);
          if (aheadMs > 5) {
            response.pause();
            setTimeout(() => response.resume(), aheadMs);
          }
        })
        .on('error', () => undefined)
        .on('close', finish);
    }).on('error', reject);
  });
}

const server = part('server');
const url = (await server.says.next()).value as string;
const agent = part('agent', url, String(logBytes));
await server.says.next();
const peak = { server: 0, agent: 0 };
try {
  await read(url, {});
  const start = { server: residentBytes(server.child), agent: residentBytes(agent.child) };
  const sampling = setInterval(() => {
    peak.server = Math.max(peak.server, residentBytes(server.child));
    peak.agent = Math.max(peak.agent, residentBytes(agent.child));
  }, 50);
  const alone = await read(url, {});
  const fastDone = Promise.withResolvers<undefined>();
  const slow = read(url, { bytesPerSecond: slowBytesPerSecond, until: fastDone.promise });
  const fast = await read(url, {});
  fastDone.resolve(undefined);
  clearInterval(sampling);
  const megabytes = (name: 'server' | 'agent'): number => Math.round((peak[name] - start[name]) / 1e6);
  console.table({ 'fast alone': alone, 'fast beside slow': fast, slow: await slow });
  console.table({ growth: { 'server MB': megabytes('server'), 'agent MB': megabytes('agent') } });
} finally {
  agent.child.kill();
  server.child.kill();
}
