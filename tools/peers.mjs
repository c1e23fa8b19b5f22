// Real programs that the tests compare with, from Debian's packages, unpacked into .gantry/peers and never installed: no service of theirs starts.
//   node tools/peers.mjs docker.io containerd …   fetches what is missing and prints a PATH with the programs
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const known = ['docker.io', 'containerd', 'runc', 'tini', 'docker-registry', 'skopeo', 'busybox-static', 'iptables'];
/** Fetched only when asked for by name: what a guest machine needs (bench/cgroup-v2.bench.ts), what reads our unit files and compose file. */
const onRequest = ['qemu-system-x86', 'linux-image-cloud-amd64', 'systemd', 'docker-compose', 'podman'];
/** Fetched with all that this machine lacks of what they depend on. */
const withDependencies = ['qemu-system-x86', 'systemd', 'docker-compose', 'podman'];
/** What comes from a newer Debian than the one that this machine may have; programs that need no library of it. */
const newer = { 'docker-compose-v2': { suite: 'trixie', packages: ['docker-compose'] } };
/** Libraries that a fresh machine lacks; unpacked into the tree of the package. */
const libraries = {
  iptables: ['libip4tc2', 'libip6tc2', 'libxtables12', 'libnetfilter-conntrack3', 'libnfnetlink0', 'libnftnl11', 'libmnl0'],
};
const folder = join(import.meta.dirname, '../.gantry/peers');

try {
  const packages = process.argv.slice(2).length > 0 ? process.argv.slice(2) : known;
  console.log(packages.flatMap((name) => programsOf(peer(name))).join(':'));
} catch (error) {
  console.error(`peers: ${error.message}`);
  process.exitCode = 1;
}

/** The tree of a package; made whole and renamed into place, so that several test processes may ask at once. */
function peer(name) {
  const all = [...known, ...onRequest, ...Object.keys(newer)];
  if (!all.includes(name)) throw new Error(`${name} is none of ${all.join(', ')}`);
  const tree = join(folder, name);
  if (existsSync(tree)) return tree;
  mkdirSync(folder, { recursive: true });
  const ingest = mkdtempSync(join(folder, '.ingest-'));
  try {
    const { packages = packagesOf(name, ingest), suite } = newer[name] ?? {};
    download(packages, ingest, suite === undefined ? [] : listsOf(suite, ingest));
    const archives = globSync('*.deb', { cwd: ingest });
    if (archives.length < packages.length)
      throw new Error(`apt-get download ${packages.join(' ')} brought only ${archives.join(' ') || 'nothing'}`);
    for (const archive of archives) run('dpkg', ['-x', archive, 'tree'], ingest);
    moveInto(join(ingest, 'tree'), tree);
    return tree;
  } finally {
    rmSync(ingest, { recursive: true, force: true });
  }
}

/** The packages whose files make a peer: of some also what this machine lacks of their dependencies, of a kernel the one that is newest. */
function packagesOf(name, directory) {
  if (withDependencies.includes(name)) {
    const plan = apt('apt-get', ['install', '-s', '--no-install-recommends', name], directory);
    const lacking = [...plan.matchAll(/^Inst (\S+)/gm)].map(([, one]) => one);
    return lacking.length > 0 ? lacking : [name];
  }
  if (name === 'linux-image-cloud-amd64') {
    const kernel = /Depends: (linux-image-\S+)/.exec(apt('apt-cache', ['depends', name], directory))?.[1];
    if (kernel === undefined) throw new Error(`apt knows no package ${name}: it is Debian's`);
    return [kernel];
  }
  return [name, ...(libraries[name] ?? [])];
}

function download(packages, directory, options = []) {
  apt('apt-get', [...options, 'download', '-qq', '-o', 'APT::Sandbox::User=root', ...packages], directory);
}

/** Options for apt that make it know that suite of Debian alone, in lists of its own. */
function listsOf(suite, directory) {
  for (const path of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(directory, path), { recursive: true });
  const signed = '[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]';
  writeFileSync(join(directory, 'sources.list'), `deb ${signed} https://deb.debian.org/debian ${suite} main\n`);
  const settings = {
    'Dir::Etc::SourceList': join(directory, 'sources.list'),
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::State::Lists': join(directory, 'lists'),
    'Dir::Cache': join(directory, 'cache'),
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  run('apt-get', [...options, 'update', '-qq'], directory);
  return options;
}

/** A machine whose package lists are empty or old gets them once. */
function apt(program, args, directory) {
  try {
    return run(program, args, directory);
  } catch (first) {
    if (first.isMissing) throw first;
    run('apt-get', ['update', '-qq'], directory);
    return run(program, args, directory);
  }
}

function moveInto(from, to) {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
  }
}

function run(program, args, cwd) {
  const { error, status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (error) {
    const missing = new Error(
      `${program} is missing: the peers of the tests come from Debian packages (on Debian or Ubuntu: apt-get install apt dpkg)`,
    );
    throw Object.assign(missing, { isMissing: true, cause: error });
  }
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed: ${stderr.trim()}`);
  return stdout;
}

function programsOf(tree) {
  return ['usr/sbin', 'usr/bin', 'bin'].map((path) => join(tree, path)).filter((path) => existsSync(path));
}
