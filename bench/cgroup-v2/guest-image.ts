import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  openSync,
  readFileSync,
  closeSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { busyboxArchive, busyboxPath } from '@gantry/engine-api/testing';
import { build } from 'esbuild';

const project = join(import.meta.dirname, '../..');

/** What the engine needs of the kernel and Debian builds as modules; what they depend on is found in the files. */
const modules = [
  ...['overlay', 'veth', 'bridge', 'br_netfilter', 'nf_tables', 'nft_chain_nat', 'nft_nat', 'nft_masq', 'nft_ct'],
  ...['nft_fib', 'nft_fib_ipv4', 'nft_fib_ipv6', 'nft_fib_inet', 'nft_reject', 'nft_reject_inet', 'nf_conntrack_netlink'],
];

export interface GuestImage {
  readonly kernel: string;
  /** A cpio archive: the guest's whole system in memory. */
  readonly initramfs: string;
}

/**
 * Makes the guest's system in `directory`: busybox, this Node, the agent bundled from the sources of now, crun, conmon, the libraries of all of
 * them, the kernel's modules and the program with the checks. `kernelTree` is Debian's kernel package, unpacked.
 */
export async function makeGuestImage(directory: string, kernelTree: string): Promise<GuestImage> {
  const tree = join(directory, 'tree');
  const system = join(tree, 'system');
  for (const path of ['bin', 'usr/bin', 'etc', 'dev', 'proc', 'sys', 'run', 'tmp', 'var', 'lib', 'lib64', 'gantry'])
    mkdirSync(join(system, path), { recursive: true });
  mkdirSync(join(tree, 'dev'));
  copyPrograms(system);
  const order = copyModules(system, kernelTree);
  await bundlePrograms(join(system, 'gantry'));
  writeFileSync(join(system, 'gantry/busybox.tar'), busyboxArchive());
  writeFileSync(join(system, 'init'), secondInit(order), { mode: 0o755 });
  copyFileSync(busyboxPath(), join(tree, 'busybox'));
  writeFileSync(join(tree, 'init'), firstInit, { mode: 0o755 });
  return { kernel: kernelOf(kernelTree), initramfs: archive(directory, tree) };
}

// pivot_root is refused on the first root file system, so the system moves into a tmpfs before anything runs.
const firstInit = `#!/busybox sh
/busybox mkdir /new
/busybox mount -t tmpfs -o mode=755,size=80% tmpfs /new
/busybox cp -a /system/. /new/
exec /busybox switch_root /new /init
`;

// The shell stays as process 1, since it collects the monitors that end; the machine stops when the checks have ended.
const secondInit = (order: readonly string[]): string => `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin:/usr/bin HOME=/ TMPDIR=/tmp
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ip link set lo up
for module in ${order.join(' ')}; do insmod /lib/modules/$module || echo "insmod $module failed"; done
/usr/bin/node /gantry/guest-checks.mjs
reboot -f
`;

/** Programs and libraries lie where they lie here, so that the loader and the engine find them. */
function copyPrograms(system: string): void {
  copyFileSync(busyboxPath(), join(system, 'bin/busybox'));
  copyFileSync(process.execPath, join(system, 'usr/bin/node'));
  for (const name of ['crun', 'conmon']) {
    const path = ['/usr/bin', '/usr/local/bin', '/usr/sbin'].map((folder) => join(folder, name)).find((one) => existsSync(one));
    if (path === undefined) throw new Error(`${name} is missing: install it (on Debian or Ubuntu: apt-get install ${name})`);
    copyFileSync(path, join(system, 'usr/bin', name));
    copyLibraries(system, path);
  }
  copyLibraries(system, process.execPath);
  const nftables = globSync('/{usr/,}lib{64,}/{*-linux-gnu/,}libnftables.so.1')[0];
  if (nftables === undefined)
    throw new Error('libnftables.so.1 is missing: install it (on Debian or Ubuntu: apt-get install libnftables1)');
  copyLibrary(system, nftables);
  copyLibraries(system, nftables);
}

function copyLibraries(system: string, program: string): void {
  const text = execFileSync('ldd', [program], { encoding: 'utf8' });
  for (const [path] of text.matchAll(/\/\S+(?= \(0x)/g)) copyLibrary(system, path);
}

function copyLibrary(system: string, path: string): void {
  const to = join(system, path);
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(path, to);
}

function kernelOf(kernelTree: string): string {
  const [path] = globSync('boot/vmlinuz-*', { cwd: kernelTree });
  if (path === undefined) throw new Error(`${kernelTree} holds no kernel`);
  return join(kernelTree, path);
}

/** Answers the files in an order in which each finds what it depends on; the package has no list of that (depmod makes it on a real system). */
function copyModules(system: string, kernelTree: string): string[] {
  const nameOf = (path: string): string => basename(path, '.ko').replaceAll('-', '_');
  const files = new Map(
    globSync('lib/modules/*/kernel/**/*.ko', { cwd: kernelTree }).map((path) => [nameOf(path), join(kernelTree, path)]),
  );
  const order: string[] = [];
  const add = (name: string): void => {
    const path = files.get(name);
    if (path === undefined || order.includes(`${name}.ko`)) return; // built in, or there already
    const needed = /\0depends=([^\0]*)\0/.exec(readFileSync(path, 'latin1'))?.[1] ?? '';
    for (const other of needed.split(',').filter((one) => one !== '')) add(other.replaceAll('-', '_'));
    mkdirSync(join(system, 'lib/modules'), { recursive: true });
    copyFileSync(path, join(system, 'lib/modules', `${name}.ko`));
    order.push(`${name}.ko`);
  };
  modules.forEach(add);
  return order;
}

async function bundlePrograms(to: string): Promise<void> {
  execFileSync(process.execPath, [join(project, 'tools/bundle-agent.mjs'), join(to, 'agent')], { cwd: project, stdio: 'inherit' });
  for (const part of ['koffi', '@koromix/koffi-linux-x64']) {
    const from = join(project, 'node_modules', part);
    const unused = /\/(doc|vendor|musl_x64)(\/|$)/;
    cpSync(from, join(to, 'node_modules', part), { recursive: true, filter: (path) => !unused.test(path.slice(from.length)) });
  }
  symlinkSync('../node_modules', join(to, 'agent/node_modules'));
  await build({
    entryPoints: [join(import.meta.dirname, 'guest-checks.ts')],
    outfile: join(to, 'guest-checks.mjs'),
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    conditions: ['source'],
    banner: { js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);" },
    logLevel: 'warning',
  });
}

function archive(directory: string, tree: string): string {
  const file = join(directory, 'initramfs');
  const list = globSync('**', { cwd: tree }).filter((path) => path !== '.');
  const out = openSync(file, 'w');
  try {
    const input = `${list.join('\n')}\n`;
    execFileSync(busyboxPath(), ['cpio', '-o', '-H', 'newc'], { cwd: tree, input, stdio: ['pipe', out, 'ignore'] });
  } finally {
    closeSync(out);
  }
  return file;
}
