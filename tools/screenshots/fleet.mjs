// Three hosts under one server, each with Gantry's own engine, all on this machine and on roots of their own: what the pictures are taken of.
import { Buffer } from 'node:buffer';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const quiet = '--disable-warning=ExperimentalWarning';

/** Starts the server and the first host; `join` adds another one. Disposing ends all of them and removes what they wrote. */
export async function openFleet(firstName) {
  await using opened = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'gantry-pictures-'));
  opened.defer(() => rm(directory, { recursive: true, force: true }));
  // The database runs as a user of its own.
  await chmod(directory, 0o755);
  const sockets = [`${directory}/one/run/docker.sock`];
  const processes = [];
  opened.defer(() => unmountBelow(directory));
  opened.defer(() => endAll(processes, sockets));
  const roots = ['--data-root', `${directory}/one/data`, '--run-root', `${directory}/one/run`];
  const words = [quiet, 'apps/cli/src/main.ts', 'up', '--port', '0', '--listen', '127.0.0.1', '--engine', 'native', ...roots];
  const first = startNamed(firstName, words, {});
  processes.push(first);
  let address = '';
  for await (const line of createInterface(first.stdout)) {
    address = /https:\/\/127\.0\.0\.1:\d+\/setup#code=\S+/.exec(line)?.[0] ?? address;
    console.log(line.replace(/#code=.*/, ''));
    if (/^agent: connected to/.test(line)) break;
  }
  if (first.exitCode !== null || !address) throw new Error('the first host did not come up');
  first.stdout.resume();
  const closing = opened.move();
  return {
    address,
    sockets,
    join: async (name, code) => {
      const place = `${directory}/${name}`;
      await mkdir(place);
      await writeFile(`${place}/code`, `${code}\n`);
      sockets.push(`${place}/run/docker.sock`);
      const environment = {
        GANTRY_SERVER_URL: new URL(address).origin,
        GANTRY_ENGINE: 'native',
        GANTRY_DATA_ROOT: `${place}/data`,
        GANTRY_RUN_ROOT: `${place}/run`,
      };
      const agent = startNamed(name, [quiet, 'apps/agent/dist/agent.mjs', 'run', '--code-file', `${place}/code`], environment);
      processes.push(agent);
      for await (const line of createInterface(agent.stdout)) if (line.includes('"connected"')) break;
      agent.stdout.resume();
      return `${place}/run/docker.sock`;
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** The engines leave their directories mounted on themselves. */
function unmountBelow(path) {
  const points = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '');
  for (const point of points.filter((one) => one.startsWith(`${path}/`)).reverse()) execFileSync('umount', ['-l', point]);
}

/** A process that takes the machine's name for this one. */
function startNamed(name, words, environment) {
  const script = 'hostname "$0" && exec "$@"';
  return spawn('unshare', ['--uts', 'sh', '-c', script, name, process.execPath, ...words], {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: '', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Containers outlive their agents: they end before these do. */
async function endAll(processes, sockets) {
  await endContainers(sockets).catch(console.error);
  for (const child of processes.toReversed()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}

async function endContainers(sockets) {
  for (const socket of sockets.filter(existsSync)) {
    const all = JSON.parse(await askEngine(socket, 'GET /containers/json?all=1'));
    await Promise.all(all.map(({ Id }) => askEngine(socket, `DELETE /containers/${Id}?force=1&v=1`)));
    for (const { Id } of JSON.parse(await askEngine(socket, 'GET /networks?filters={"type":["custom"]}')))
      await askEngine(socket, `DELETE /networks/${Id}`);
  }
}

/** Asks an engine at its socket, as the docker CLI does; fails with its words. */
export async function askEngine(socketPath, line, body) {
  const [method, path] = line.split(' ');
  const isTar = Buffer.isBuffer(body);
  const headers = body === undefined ? {} : { 'content-type': isTar ? 'application/x-tar' : 'application/json' };
  const sending = request({ socketPath, method, path: `/v1.51${encodeURI(path)}`, headers });
  sending.end(body === undefined || isTar ? body : JSON.stringify(body));
  const [response] = await once(sending, 'response');
  const chunks = await Array.fromAsync(response);
  const said = Buffer.concat(chunks).toString();
  if (response.statusCode >= 400) throw new Error(`${line}: ${said}`);
  return said;
}
