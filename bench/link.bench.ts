// Claim: a log of a gigabyte read by a slow and a fast reader at once costs server and agent less than 64 MB each, the fast reader is not slowed by the
// slow one beyond what the slow one itself takes, and neither loses nor doubles a line: both read to the end, the slow one at an eighth of the pace
// that the fast one has alone, or in 200 s. Server and agent are processes of their own, the agent with the flags that `gantry` gives it; the way is door,
// socket.io, channel. Words: name of the bench, size of the log in MB.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import { performance } from 'node:perf_hooks';
import { memoryFlags } from '../apps/cli/src/parts/part.ts';

const lineBytes = 104;
/** `link-part.ts` makes whole chunks. */
const chunkLines = 630;
const lines = Math.ceil((Number(process.argv[3] ?? 1024) * 1024 * 1024) / (chunkLines * lineBytes)) * chunkLines;
const warmUpBytes = 64 * 1024 * 1024;
const slowShare = 1 / 8;
const slowestSeconds = 200;
const mostGrowthBytes = 64e6;

function part(...args: string[]): { child: ChildProcess; says: AsyncIterator<string> } {
  const file = fileURLToPath(new URL('link-part.ts', import.meta.url));
  const flags = args[0] === 'agent' ? memoryFlags.native : [];
  const child = spawn(process.execPath, [...flags, '--conditions=source', file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
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

/** Reads the log to its end, or to so many bytes, and compares each line's number with the one that is due. */
function read(url: string, { bytesPerSecond = Number.POSITIVE_INFINITY, mostBytes = Number.POSITIVE_INFINITY } = {}): Promise<Reading> {
  const startMs = performance.now();
  const reading: Reading = { lines: 0, wrong: 0, seconds: 0 };
  return new Promise((resolve, reject) => {
    get(`${url}/engine/h1/logs`, { agent: false }, (response) => {
      let rest: Buffer = Buffer.alloc(0);
      let received = 0;
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
          if (received >= mostBytes) response.destroy();
          const aheadMs = (received / bytesPerSecond) * 1000 - (performance.now() - startMs);
          if (aheadMs > 5) {
            response.pause();
            setTimeout(() => response.resume(), aheadMs);
          }
        })
        // A log that breaks off shows in the number of its lines.
        .on('error', () => undefined)
        .on('close', () => resolve({ ...reading, seconds: (performance.now() - startMs) / 1000 }));
    }).on('error', reject);
  });
}

const bytesPerSecond = ({ lines: read, seconds }: Reading): number => (read * lineBytes) / seconds;
const row = (reading: Reading) => ({
  lines: reading.lines,
  'lost or doubled': Math.abs(lines - reading.lines) + reading.wrong,
  seconds: reading.seconds.toFixed(1),
  'MB/s': (bytesPerSecond(reading) / 1e6).toFixed(1),
});

const server = part('server');
const url = (await server.says.next()).value as string;
const agent = part('agent', url, String(lines * lineBytes));
await server.says.next();
const peak = { server: 0, agent: 0 };
try {
  await read(url, { mostBytes: warmUpBytes });
  const start = { server: residentBytes(server.child), agent: residentBytes(agent.child) };
  const sampling = setInterval(() => {
    peak.server = Math.max(peak.server, residentBytes(server.child));
    peak.agent = Math.max(peak.agent, residentBytes(agent.child));
  }, 50);
  const alone = await read(url);
  const reading = read(url, { bytesPerSecond: Math.max(bytesPerSecond(alone) * slowShare, (lines * lineBytes) / slowestSeconds) });
  const fast = await read(url);
  const slow = await reading;
  clearInterval(sampling);
  const growth = { server: peak.server - start.server, agent: peak.agent - start.agent };
  console.table({ 'fast alone': row(alone), 'fast beside slow': row(fast), slow: row(slow) });
  const together = (bytesPerSecond(fast) + bytesPerSecond(slow)) / bytesPerSecond(alone);
  console.log(`fast and slow together have ${Math.round(together * 100)} % of the pace of the fast one alone`);
  console.table({ 'growth, MB': { server: (growth.server / 1e6).toFixed(1), agent: (growth.agent / 1e6).toFixed(1) } });
  const isWhole = [alone, fast, slow].every(({ lines: read, wrong }) => read === lines && wrong === 0);
  if (!isWhole || Math.max(growth.server, growth.agent) > mostGrowthBytes) process.exitCode = 1;
} finally {
  agent.child.kill();
  server.child.kill();
}
