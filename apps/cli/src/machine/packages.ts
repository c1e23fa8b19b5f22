/** How a family of distributions installs packages. */
export interface PackageManager {
  readonly name: 'apt' | 'dnf' | 'zypper' | 'pacman';
  readonly program: string;
  /** Brings the list of packages up to date. */
  readonly refresh: readonly string[];
  readonly install: readonly string[];
}

export const packageManagers: readonly PackageManager[] = [
  {
    name: 'apt',
    program: 'apt-get',
    refresh: ['apt-get', '-q', 'update'],
    install: ['apt-get', '-q', '-y', '--no-install-recommends', 'install'],
  },
  {
    name: 'dnf',
    program: 'dnf',
    refresh: ['dnf', '-q', 'makecache'],
    install: ['dnf', '-y', '--setopt=install_weak_deps=False', 'install'],
  },
  { name: 'zypper', program: 'zypper', refresh: ['zypper', '-q', 'refresh'], install: ['zypper', '-n', 'install', '--no-recommends'] },
  { name: 'pacman', program: 'pacman', refresh: ['pacman', '-Sy'], install: ['pacman', '-S', '--noconfirm', '--needed'] },
];

/** Something that a machine has to have, how to see whether it has it, and which package brings it. */
export interface Need {
  readonly name: string;
  readonly purpose: string;
  /** One of these programs, or one of these files (patterns), is enough. */
  readonly programs?: readonly string[];
  readonly files?: readonly string[];
  /** Undefined: this family of distributions has no package for it. */
  readonly packages: Readonly<Record<PackageManager['name'], string | undefined>>;
}

const sameEverywhere = (name: string): Need['packages'] => ({ apt: name, dnf: name, zypper: name, pacman: name });

/** What the native engine stands on. The columns of dnf, zypper and pacman were not run; docs/operations/install.md says which were. */
export const engineNeeds: readonly Need[] = [
  { name: 'crun', purpose: 'starts the processes of containers', programs: ['crun', 'runc'], packages: sameEverywhere('crun') },
  {
    name: 'conmon',
    purpose: 'keeps containers, their logs and exit codes while Gantry is away',
    programs: ['conmon'],
    packages: sameEverywhere('conmon'),
  },
  {
    name: 'libnftables',
    purpose: 'publishes ports and keeps networks apart',
    files: ['/usr/lib/*/libnftables.so.1', '/usr/lib64/libnftables.so.1', '/usr/lib/libnftables.so.1', '/lib/*/libnftables.so.1'],
    packages: { apt: 'libnftables1', dnf: 'nftables', zypper: 'libnftables1', pacman: 'nftables' },
  },
  {
    name: 'catatonit',
    purpose: 'is the first process of containers that want one (--init)',
    // What runs inside a container must bring its own libraries: Debian's plain tini does not, its tini-static and catatonit do.
    programs: ['catatonit', 'docker-init', 'tini-static'],
    files: ['/usr/libexec/podman/catatonit', '/usr/lib/podman/catatonit'],
    packages: sameEverywhere('catatonit'),
  },
  {
    name: 'umount',
    purpose: 'hides a second control group tree from crun',
    programs: ['umount'],
    packages: { apt: 'mount', dnf: 'util-linux', zypper: 'util-linux', pacman: 'util-linux' },
  },
];

const debianOnly = (name: string): Need['packages'] => ({ apt: name, dnf: undefined, zypper: undefined, pacman: undefined });
const forTests = (program: string, debian: string = program): Need => ({
  name: program,
  purpose: 'is used by the tests',
  programs: [program],
  packages: debianOnly(debian),
});

/** What the test run needs besides: Debian's packages. */
export const testNeeds: readonly Need[] = [
  ...engineNeeds,
  { ...forTests('chromium'), files: ['/usr/bin/chromium'] },
  { ...forTests('busybox', 'busybox-static'), files: ['/bin/busybox'] },
  forTests('nft', 'nftables'),
  forTests('ip', 'iproute2'),
  forTests('iptables'),
  forTests('xz', 'xz-utils'),
  forTests('bzip2'),
  forTests('mkfs.ext4', 'e2fsprogs'),
  forTests('zstd'),
  forTests('openssl'),
  forTests('ps', 'procps'),
  forTests('nsenter', 'util-linux'),
  forTests('python3', 'python3-minimal'),
  // docker-compose, a peer that is not installed, imports it from Python's own folder.
  {
    name: 'distutils',
    purpose: 'is used by the tests',
    files: ['/usr/lib/python3*/distutils/spawn.py'],
    packages: debianOnly('python3-distutils'),
  },
  forTests('mmdebstrap'),
];
