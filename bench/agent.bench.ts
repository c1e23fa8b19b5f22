// Goal: an agent beside a Docker with 50 running containers stays at or below 60 MB resident and 0.5 % of a core, while nobody looks (each container is
// sampled every ten seconds) and while somebody looks at all of them (each second); docs/operations/measured.md has the numbers. The bundle as `gantry`
// starts it, linked over TLS on loopback, beside a real dockerd, in whose process namespace it is, as an agent on a Docker host is. Resident memory holds
// pages of Node's own file that all Node processes share, so proportional and private memory are printed beside it.
// Words: name of the bench, seconds for each state, further flags of Node.
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { dockerEngine, engineClient } from '@gantry/engine-api';
import { busyboxArchive, selfSigned, startDockerd } from '@gantry/engine-api/testing';
import { LinkServer } from '@gantry/link/testing';
import { memoryEnvironment, memoryFlags } from '../apps/cli/src/parts/part.ts';

const containers = 50;
const seconds = Number(process.argv[3] ?? 60);
const settleMs = 15_000;
const bundle = new URL('../apps/agent/dist/agent.mjs', import.meta.url).pathname;

const Labels = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`org.example.label.${index}`, `value ${index}`.repeat(5)]));
const Env = Array.from({ length: 20 }, (_, index) => `VARIABLE_${index}=${'x'.repeat(80)}`);

async function startContainers(socketPath: string): Promise<string[]> {
  using engine = dockerEngine({ socketPath });
  const client = engineClient(engine, { version: '1.41' });
  await (await client.call('ImageLoad', { body: busyboxArchive() })).text();
  const ids: string[] = [];
  for (let number = 0; number < containers; number++) {
    const body = { Image: 'busybox', Cmd: ['sleep', '100000'], Labels, Env };
    const { Id: id } = await (await client.call('ContainerCreate', { body })).json<{ Id: string }>();
    await client.call('ContainerStart', { path: { id } });
    ids.push(id);
  }
  return ids;
}

/** What the threads of a process have run, in ns: the first number of schedstat. */
function ranNs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, thread) => sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]), 0);
}

function memoryOf(pid: number): Record<string, string> {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const mb = (...names: string[]): string =>
    names.reduce((sum, name) => sum + Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(rollup)?.[1] ?? 0) / 1024, 0).toFixed(1);
  return { 'resident MB': mb('Rss'), 'proportional MB': mb('Pss'), 'private MB': mb('Private_Clean', 'Private_Dirty') };
}

/** `nsenter --pid` starts the program as its child. */
const childOf = ({ pid = 0 }: ChildProcess): number => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());

const root = await mkdtemp(join(tmpdir(), 'gantry-bench-'));
try {
  await using dockerd = await startDockerd();
  const init = /\/proc\/(\d+)\//.exec(dockerd.enter.join(' '))?.[1] ?? '';
  const ids = await startContainers(dockerd.socketPath);
  let sampled = 0;
  await using server = await LinkServer.start({ onSamples: (_, samples) => (sampled += samples.containers.length) }, { tls: selfSigned() });
  const codeFile = join(root, 'code');
  await writeFile(codeFile, server.makeCode().text);
  const roots = { GANTRY_DATA_ROOT: join(root, 'data'), GANTRY_RUN_ROOT: join(root, 'run') };
  const words = [...memoryFlags.docker, '--disable-warning=ExperimentalWarning', ...process.argv.slice(4), bundle, '--code-file', codeFile];
  const agent = spawn('nsenter', [`--pid=/proc/${init}/ns/pid`, `--mount=/proc/${init}/ns/mnt`, process.execPath, ...words], {
    env: {
      ...memoryEnvironment.docker,
      ...roots,
      GANTRY_SERVER_URL: server.url,
      GANTRY_ENGINE: 'docker',
      GANTRY_DOCKER_SOCKET: dockerd.socketPath,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise((resolve) => agent.once('exit', resolve));
  try {
    const known = (): number =>
      server.reports.flatMap((report) => (report.kind === 'inventory' && report.body.mode !== 'hash' ? report.body.upserts : [])).length;
    while (known() < containers) {
      if (agent.exitCode !== null) throw new Error(`the agent ended with status ${agent.exitCode}`);
      await delay(100);
    }
    const pid = childOf(agent);
    const measure = async (): Promise<Record<string, string | number>> => {
      await delay(settleMs);
      const [before, startMs] = [ranNs(pid), performance.now()];
      sampled = 0;
      await delay(seconds * 1000);
      const percent = (ranNs(pid) - before) / (performance.now() - startMs) / 1e4;
      return { ...memoryOf(pid), '% of a core': percent.toFixed(2), samples: sampled };
    };
    const idle = await measure();
    server.links[0]?.watch(ids);
    const watched = await measure();
    console.table({ [`nobody looks, ${seconds} s`]: idle, [`somebody looks at all ${containers}, ${seconds} s`]: watched });
  } finally {
    agent.kill();
    await ended;
  }
} finally {
  await rm(root, { recursive: true, force: true });
}
