// Runs inside the guest of cgroup-v2.bench.ts: starts the agent's native engine, tries each claim and tells on the console, a line of JSON each,
// whether it holds.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { dockerEngine, type EngineClient, engineClient } from '@gantry/engine-api';
import { claims } from './claims.ts';

const socket = '/run/docker.sock';
const startWithinMs = 60_000;

const say = (line: object): void => console.log(`@${JSON.stringify(line)}`);

async function answers(client: EngineClient): Promise<void> {
  const lastTry = Date.now() + startWithinMs;
  for (;;) {
    try {
      await client.call('SystemPing');
      return;
    } catch (cause) {
      if (engine.exitCode !== null || Date.now() > lastTry) throw cause;
      await sleep(100);
    }
  }
}

async function tryAll(client: EngineClient): Promise<void> {
  for (const [name, claim] of Object.entries(claims)) {
    const start = performance.now();
    const [holds, seen] = await claim(client).then(
      (words) => [true, words] as const,
      (cause: unknown) => [false, cause instanceof Error ? cause.message : String(cause)] as const,
    );
    say({ name, holds, seen, seconds: Number(((performance.now() - start) / 1000).toFixed(1)) });
  }
}

const args = ['/gantry/agent/agent.mjs', 'engine', '--socket', socket, '--data-root', '/var/lib/gantry', '--run-root', '/run/gantry'];
const engine = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
try {
  const client = engineClient(dockerEngine({ socketPath: socket }));
  await answers(client);
  say({ booted: true, uptime: (await readFile('/proc/uptime', 'utf8')).split(' ')[0] });
  await (await client.call('ImageLoad', { body: await readFile('/gantry/busybox.tar') })).text();
  await tryAll(client);
  const ended = once(engine, 'exit');
  engine.kill('SIGTERM');
  await ended;
  const left = readdirSync('/sys/fs/cgroup/gantry', { withFileTypes: true }).filter((entry) => entry.isDirectory());
  say({
    name: 'an engine without containers leaves no group',
    holds: left.length === 0,
    seen: left.map(({ name }) => name).join(),
    seconds: 0,
  });
  say({ done: true });
} catch (cause) {
  say({ failed: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) });
}
process.exit(0);
