import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export type Peer =
  'docker.io' | 'containerd' | 'runc' | 'tini' | 'docker-registry' | 'skopeo' | 'busybox-static' | 'iptables' | 'podman' | Machine | Reader;
/** What a guest machine needs; its files are reached from the folder of the package, `.gantry/peers/<name>`. */
type Machine = 'qemu-system-x86' | 'linux-image-cloud-amd64';
/** What reads the files that we write for others. */
type Reader = 'systemd' | 'docker-compose' | 'docker-compose-v2';

const tool = fileURLToPath(new URL('../../../../tools/peers.mjs', import.meta.url));

const known = new Map<string, string>();

/** The folders with the programs of Debian's packages, as a PATH; fetched the first time (`tools/peers.mjs`), never installed. */
export function peerPath(...packages: readonly Peer[]): string {
  const words = packages.join(' ');
  const path = known.get(words) ?? fetched(packages);
  known.set(words, path);
  return path;
}

function fetched(packages: readonly Peer[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [tool, ...packages], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  if (status !== 0) throw new Error(stderr.trim());
  return stdout.trim();
}
