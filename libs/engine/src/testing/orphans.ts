import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { linksOf, mountsBelow, processesBelow } from './nothing-left.ts';
import type { KillableRoot } from './killable-engine.ts';

/** What the engine says that it has, told by its API. */
export interface KnownObjects {
  readonly containers: readonly { readonly id: string; readonly isRunning: boolean }[];
  readonly images: readonly string[];
  readonly volumes: readonly string[];
  readonly networks: readonly string[];
}

const names = (path: string): string[] => (existsSync(path) ? readdirSync(path) : []);

/**
 * What lies on the disk or in the kernel and belongs to nothing that the engine of this root knows, and what should be there and is not. To be asked when nothing
 * is under way.
 */
export function orphans(root: KillableRoot, known: KnownObjects): string[] {
  const [data, run] = [join(root.path, 'data/engine'), join(root.path, 'run/engine')];
  const all = known.containers.map(({ id }) => id);
  const running = known.containers.filter(({ isRunning }) => isRunning).map(({ id }) => id);
  const images = names(join(data, 'images')).map((file) => JSON.parse(readFileSync(join(data, 'images', file), 'utf8')) as ImageFile);
  const expected: [string, readonly string[]][] = [
    ['containers', all],
    ['rw', [...all, 'skeleton']],
    ['volumes', ['.removed', ...known.volumes]],
    ['volumes/.removed', []],
    ['networks', known.networks],
    ['images', known.images.map((id) => `${id.slice(7)}.json`)],
    ['layers', images.flatMap(({ layers }) => layers.map(({ diffId }) => diffId.slice(7)))],
    ['blobs/sha256', images.flatMap(blobsOf).map((digest) => digest.slice(7))],
    ['ingest', []],
    ['bad', []],
  ];
  const expectedRun: [string, readonly string[]][] = [
    ['b', running],
    ['e', running],
    ['sandboxes', running.map((id) => `${id}.json`)],
    ['crun', running],
    ['exits', []],
    ['execs', []],
  ];
  return [
    ...expected.flatMap(([folder, wanted]) => compared(`data ${folder}`, names(join(data, folder)), wanted)),
    ...expectedRun.flatMap(([folder, wanted]) => compared(`run ${folder}`, names(join(run, folder)), wanted)),
    ...lostVolumes(data, known),
    ...unfinishedBelow(data),
    ...mounts(root, running),
    ...processes(root, running),
    ...compared('cgroups', groupsOf(root.instance), [...running, 'monitor']),
    ...links(root),
  ];
}

interface ImageFile {
  readonly id: string;
  readonly manifest?: { readonly digest: string };
  readonly layers: readonly { readonly diffId: string; readonly blob?: { readonly digest: string } }[];
}

function blobsOf({ id, manifest, layers }: ImageFile): string[] {
  return [id, ...(manifest ? [manifest.digest] : []), ...layers.flatMap(({ blob }) => (blob ? [blob.digest] : []))];
}

function compared(what: string, found: readonly string[], wanted: readonly string[]): string[] {
  const [there, meant] = [new Set(found), new Set(wanted)];
  return [
    ...[...there].filter((name) => !meant.has(name)).map((name) => `${what}: ${name} belongs to nothing`),
    ...[...meant].filter((name) => !there.has(name)).map((name) => `${what}: ${name} is missing`),
  ];
}

/** Anonymous volumes, which have long names, that no container has: tests remove containers with theirs. */
function lostVolumes(data: string, { containers, volumes }: KnownObjects): string[] {
  const records = containers.map(({ id }) => readFileSync(join(data, 'containers', id, 'config.json'), 'utf8'));
  const lost = volumes.filter((name) => /^[0-9a-f]{64}$/.test(name) && !records.some((record) => record.includes(name)));
  return lost.map((name) => `volume ${name} is nobody's`);
}

function unfinishedBelow(data: string): string[] {
  const folders = ['.', 'images', 'names', 'seccomp', ...names(join(data, 'containers')).map((id) => `containers/${id}`)];
  const more = [
    ...names(join(data, 'volumes')).map((name) => `volumes/${name}`),
    ...names(join(data, 'networks')).map((id) => `networks/${id}`),
  ];
  return [...folders, ...more].flatMap((folder) =>
    names(join(data, folder))
      .filter((name) => name.endsWith('.new'))
      .map((name) => `unfinished: ${folder}/${name}`),
  );
}

/** The two roots, and of each that runs its file system, its network namespace and, where it shares memory, that. */
function mounts({ path, roots }: KillableRoot, running: readonly string[]): string[] {
  const allowed = new Set([join(path, 'data/engine'), join(path, 'run/engine')]);
  for (const id of running)
    for (const place of [`data/engine/rw/${id}/m`, `run/engine/e/${id}`, `run/engine/b/${id}/shm`]) allowed.add(join(path, place));
  const found = mountsBelow(roots);
  const doubled = found.filter((mount, at) => found.indexOf(mount) !== at);
  return [...found.filter((mount) => !allowed.has(mount)), ...doubled].map((mount) => `mount ${mount}`);
}

function processes({ roots, path }: KillableRoot, running: readonly string[]): string[] {
  const monitors = running.map((id) => join(path, 'run/engine/b', id));
  return processesBelow(roots)
    .filter(({ words }) => !words.some((word) => word.endsWith('agent.mjs')) && !monitors.some((bundle) => words.includes(bundle)))
    .map(({ pid, words }) => `process ${pid} ${words.join(' ')}`);
}

function groupsOf(instance: string): string[] {
  const controllers = readdirSync('/sys/fs/cgroup').map((name) => join('/sys/fs/cgroup', name, 'gantry', instance));
  return [join('/sys/fs/cgroup/gantry', instance), ...controllers]
    .filter((path) => existsSync(path))
    .flatMap((path) => readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])));
}

/** A bridge for each network that has one, and a cable for each endpoint. */
function links({ path, instance }: KillableRoot): string[] {
  const read = (folder: string, name: string): string[] =>
    names(join(path, folder))
      .filter((entry) => !entry.startsWith('.'))
      .map((entry) => readFileSync(join(path, folder, entry, name), 'utf8'));
  const bridges = read('data/engine/networks', 'network.json').map((text) => (JSON.parse(text) as { bridge: string }).bridge);
  const cables = read('run/engine/sandboxes', '').flatMap((text) =>
    (JSON.parse(text) as { endpoints: { link: string }[] }).endpoints.map(({ link }) => link),
  );
  return compared(
    'links',
    linksOf(instance),
    [...bridges, ...cables].filter((name) => name.startsWith(`g${instance}`)),
  );
}
