import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { get } from 'node:http';
import { createWriteStream, existsSync, globSync, readFileSync } from 'node:fs';
import { readdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryDirectory } from '@gantry/base/testing';
import { busyboxPath } from './busybox-archive.ts';
import { peerPath } from './peers.ts';

export interface Dockerd extends AsyncDisposable {
  readonly socketPath: string;
  /** Before the arguments of a program that is to run in dockerd's network, where its ports are published. */
  readonly enter: readonly string[];
  /** What it wrote to its log. */
  log(): string;
}

const startsWithinMs = 20_000;

/**
 * What dockerd starts under: a /run of its own, /etc whose changes are thrown away (it writes a key there), its loopback up. Its network, mount and
 * process namespaces are its own, so that killing the first process ends all of it, and nothing of it shows on this machine but its cgroups.
 */
const script = String.raw`set -e
mount -t tmpfs -o mode=0755 tmpfs /run
mkdir -p /run/etc/upper /run/etc/work /run/bin
mount -t overlay -o lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work overlay /etc
"$3" ip link set lo up
ln -s "$(command -v tini-static)" /run/bin/docker-init
if [ -n "$4" ]; then
  for tool in iptables ip6tables; do
    printf '#!/bin/sh\nLD_LIBRARY_PATH=%s XTABLES_LIBDIR=%s exec %s %s "$@"\n' "$4" "$4/xtables" "$5" $tool >/run/bin/$tool
    chmod 755 /run/bin/$tool
  done
fi
PATH=/run/bin:$PATH
exec dockerd --data-root "$1/data" --exec-root "$1/exec" --pidfile "$1/pid" -H "unix://$1/docker.sock" \
  --config-file "$1/daemon.json" --cgroup-parent "$2" --log-level warn --group root`;

/** Debian's dockerd with roots and namespaces of its own; disposing ends it with all its containers and removes what it made. Root only. */
export async function startDockerd(config: Readonly<Record<string, unknown>> = {}): Promise<Dockerd> {
  await using undo = new AsyncDisposableStack();
  const { path } = undo.use(await temporaryDirectory());
  const cgroup = `gantry-dockerd-${randomBytes(4).toString('hex')}`;
  await writeFile(join(path, 'daemon.json'), JSON.stringify(config));
  undo.defer(() => removeCgroups(cgroup));
  const child = launch(path, cgroup);
  undo.defer(() => end(child, cgroup));
  const log = () => readFileSync(join(path, 'log'), 'utf8');
  await started(child, join(path, 'docker.sock')).catch((cause: unknown) => {
    throw new Error(`dockerd did not start: ${log()}`, { cause });
  });
  const init = firstProcess(child);
  const done = undo.move();
  return {
    socketPath: join(path, 'docker.sock'),
    enter: ['nsenter', `--net=/proc/${init}/ns/net`],
    log,
    [Symbol.asyncDispose]: () => done.disposeAsync(),
  };
}

function launch(path: string, cgroup: string): ChildProcessByStdio<null, null, Readable> {
  // It ends with this process, also when a test run is killed.
  const namespaces = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc', '--propagation', 'private'];
  const child = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', 'unshare', ...namespaces, 'sh', '-c', script, 'dockerd', path, cgroup, busyboxPath(), ...ownIptables()],
    {
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        PATH: `${peerPath('docker.io', 'containerd', 'runc', 'tini')}:/usr/sbin:/sbin:${process.env['PATH'] ?? ''}`,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  child.stderr.pipe(createWriteStream(join(path, 'log')));
  return child;
}

/** Where a machine lacks iptables, Debian's: the folder of its libraries and the program; they are not where it looks for them. */
function ownIptables(): string[] {
  if (['/usr/sbin/iptables', '/sbin/iptables', '/usr/bin/iptables'].some((path) => existsSync(path))) return ['', ''];
  const programs = peerPath('iptables').split(':')[0] ?? '';
  const [libraries = ''] = globSync(join(programs, '../lib/*'));
  return [libraries, join(programs, 'xtables-nft-multi')];
}

async function started(child: ChildProcess, socketPath: string): Promise<void> {
  const deadline = Date.now() + startsWithinMs;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('it ended');
    if (await answers(socketPath)) return;
    if (Date.now() > deadline) throw new Error(`no socket after ${startsWithinMs} ms`);
    await sleep(25);
  }
}

const answers = (socketPath: string): Promise<boolean> =>
  new Promise((resolve) => {
    const ping = get({ socketPath, path: '/_ping', agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode === 200));
    });
    ping.on('error', () => resolve(false));
  });

const firstProcess = (child: ChildProcess): number =>
  Number(readFileSync(`/proc/${child.pid ?? 0}/task/${child.pid ?? 0}/children`, 'utf8').trim());

/**
 * The kernel ends every process of a process namespace with its first one, and lets `unshare` go only when all are gone. A frozen process (of a paused
 * container) does not die before it is thawed.
 */
async function end(child: ChildProcess, cgroup: string): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'close');
  process.kill(firstProcess(child), 'SIGKILL');
  const frozen = globSync([`/sys/fs/cgroup/freezer/${cgroup}/*/freezer.state`, `/sys/fs/cgroup/${cgroup}/*/cgroup.freeze`]);
  await Promise.all(frozen.map((path) => writeFile(path, path.endsWith('.state') ? 'THAWED' : '0').catch(() => undefined)));
  await ended;
}

async function removeCgroups(name: string): Promise<void> {
  for (const controller of await readdir('/sys/fs/cgroup')) await removeCgroup(join('/sys/fs/cgroup', controller, name));
  await removeCgroup(join('/sys/fs/cgroup', name));
}

async function removeCgroup(path: string): Promise<void> {
  const inside = await readdir(path, { withFileTypes: true }).catch(() => []);
  for (const entry of inside) if (entry.isDirectory()) await removeCgroup(join(path, entry.name));
  await rmdir(path).catch((error: unknown) => {
    if (!['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  });
}
