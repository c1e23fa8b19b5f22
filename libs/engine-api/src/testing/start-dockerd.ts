import { randomBytes } from 'node:crypto';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryDirectory } from '@gantry/base/testing';
import { busyboxPath } from './busybox-archive.ts';
import { removeCgroups } from './peer-cgroups.ts';
import { endPeer, firstProcess, launchPeer, peerAnswers, type PeerDaemon } from './peer-daemon.ts';
import { peerPath } from './peers.ts';

export interface Dockerd extends AsyncDisposable {
  readonly socketPath: string;
  /** Before the arguments of a program that is to run in dockerd's network, where its ports are published. */
  readonly enter: readonly string[];
  /** What it wrote to its log. */
  log(): string;
}

/**
 * What dockerd starts under: a /run of its own, /etc whose changes are thrown away (it writes a key there) and which has a user with subordinate ids for
 * `userns-remap`, its loopback up.
 */
const script = String.raw`set -e
mount -t tmpfs -o mode=0755 tmpfs /run
mkdir -p /run/etc/upper /run/etc/work /run/bin
mount -t overlay -o lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work overlay /etc
echo dockremap:x:990:990::/nonexistent:/bin/false >>/etc/passwd
echo dockremap:x:990: >>/etc/group
for file in subuid subgid; do echo dockremap:100000:65536 >>/etc/$file; done
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
  await peerAnswers(child, join(path, 'docker.sock')).catch((cause: unknown) => {
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

function launch(path: string, cgroup: string): PeerDaemon {
  const words = ['dockerd', path, cgroup, busyboxPath(), ...ownIptables()];
  return launchPeer({ script, words, programs: peerPath('docker.io', 'containerd', 'runc', 'tini'), logPath: join(path, 'log') });
}

/** Where a machine lacks iptables, Debian's: the folder of its libraries and the program; they are not where it looks for them. */
function ownIptables(): string[] {
  if (['/usr/sbin/iptables', '/sbin/iptables', '/usr/bin/iptables'].some((path) => existsSync(path))) return ['', ''];
  const programs = peerPath('iptables').split(':')[0] ?? '';
  const [libraries = ''] = globSync(join(programs, '../lib/*'));
  return [libraries, join(programs, 'xtables-nft-multi')];
}

/** A frozen process (of a paused container) does not die before it is thawed. */
function end(child: PeerDaemon, cgroup: string): Promise<void> {
  return endPeer(child, async () => {
    const frozen = globSync([`/sys/fs/cgroup/freezer/${cgroup}/*/freezer.state`, `/sys/fs/cgroup/${cgroup}/*/cgroup.freeze`]);
    await Promise.all(frozen.map((path) => writeFile(path, path.endsWith('.state') ? 'THAWED' : '0').catch(() => undefined)));
  });
}
