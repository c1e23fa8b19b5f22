// Real programs that the tests compare with, from Debian's packages, unpacked into .gantry/peers and never installed: no service of theirs starts.
//   node tools/peers.mjs docker.io containerd …   fetches what is missing and prints a PATH with the programs
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const known = ['docker.io', 'containerd', 'runc', 'tini', 'docker-registry', 'skopeo', 'busybox-static', 'iptables'];
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
  if (!known.includes(name)) throw new Error(`${name} is none of ${known.join(', ')}`);
  const tree = join(folder, name);
  if (existsSync(tree)) return tree;
  mkdirSync(folder, { recursive: true });
  const ingest = mkdtempSync(join(folder, '.ingest-'));
  try {
    const packages = [name, ...(libraries[name] ?? [])];
    download(packages, ingest);
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

/** A machine whose package lists are empty or old gets them once. */
function download(packages, directory) {
  const arguments_ = ['download', '-qq', '-o', 'APT::Sandbox::User=root', ...packages];
  try {
    run('apt-get', arguments_, directory);
  } catch (first) {
    if (first.isMissing) throw first;
    run('apt-get', ['update', '-qq'], directory);
    run('apt-get', arguments_, directory);
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
  const { error, status, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (error) {
    const missing = new Error(
      `${program} is missing: the peers of the tests come from Debian packages (on Debian or Ubuntu: apt-get install apt dpkg)`,
    );
    throw Object.assign(missing, { isMissing: true, cause: error });
  }
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed: ${stderr.trim()}`);
}

function programsOf(tree) {
  return ['usr/sbin', 'usr/bin', 'bin'].map((path) => join(tree, path)).filter((path) => existsSync(path));
}
