import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '@gantry/base/testing';
import { removeCgroups } from './peer-cgroups.ts';
import { endPeer, firstProcess, launchPeer, peerAnswers } from './peer-daemon.ts';
import { peerPath } from './peers.ts';

export interface Podman extends AsyncDisposable {
  readonly socketPath: string;
  /** Before the arguments of a program that is to run in its network, where its ports are published. */
  readonly enter: readonly string[];
  /** `HostConfig.CgroupParent` of each container that is made: Podman has no such setting, and another Podman of this machine is left alone. */
  readonly cgroupParent: string;
}

/**
 * What Podman starts under: a /run of its own, /etc with Debian's settings of it, its loopback up. Its containers run by runc: crun refuses hybrid control
 * groups. tini is the first process: whoever waits for the end of a container needs somebody who takes its monitor's exit. Its libraries are
 * named in /etc and not in its environment: a monitor starts it again with none.
 */
const script = String.raw`set -e
mount -t tmpfs -o mode=0755 tmpfs /run
mkdir -p /run/etc/upper /run/etc/work
mount -t overlay -o lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work overlay /etc
ip link set lo up
mkdir -p /etc/containers /etc/cni
cp -r "$2/etc/containers/." /etc/containers/
cp -r "$2/etc/cni/." /etc/cni/
printf '[engine]\ncgroup_manager="cgroupfs"\nevents_logger="file"\nruntime="runc"\n[network]\nnetwork_backend="cni"\ncni_plugin_dirs=["%s/usr/lib/cni"]\n' "$2" \
  >/etc/containers/containers.conf
echo "$2"/usr/lib/*-linux-gnu >/etc/ld.so.conf.d/podman.conf
ldconfig -i
exec tini-static -- podman --root "$1/data" --runroot "$1/run" --storage-driver overlay --log-level warn system service -t 0 "unix://$1/podman.sock"`;

/** Debian's Podman, its service on a socket, with roots and namespaces of its own; disposing ends it with all its containers. Root only. */
export async function startPodman(): Promise<Podman> {
  await using undo = new AsyncDisposableStack();
  const { path } = undo.use(await temporaryDirectory());
  const programs = peerPath('podman', 'runc', 'tini');
  const tree = join(peerPath('podman').split(':')[0] ?? '', '../..');
  const cgroupParent = `/gantry-podman-${randomBytes(4).toString('hex')}`;
  const child = launchPeer({ script, words: ['podman', path, tree], programs, logPath: join(path, 'log') });
  undo.defer(() => removeCgroups(cgroupParent));
  undo.defer(() => endPeer(child));
  await peerAnswers(child, join(path, 'podman.sock')).catch((cause: unknown) => {
    throw new Error(`podman did not start: ${readFileSync(join(path, 'log'), 'utf8')}`, { cause });
  });
  const done = undo.move();
  return {
    socketPath: join(path, 'podman.sock'),
    enter: ['nsenter', `--net=/proc/${firstProcess(child)}/ns/net`],
    cgroupParent,
    [Symbol.asyncDispose]: () => done.disposeAsync(),
  };
}
