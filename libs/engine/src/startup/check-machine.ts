import { mkdtemp, readFile, rm, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@gantry/base';
import { Cgroups, detectCgroups, findProgram, isOlder, type Kernel, Runtime, runCommand, runtimeVersionFloor } from '@gantry/linux';
import { isDiskFull } from '../layers/disk-failure.ts';
import { checkRoot } from './check-root.ts';

const programs = [
  '/usr/local/sbin/',
  '/usr/local/bin/',
  '/usr/sbin/',
  '/usr/bin/',
  '/sbin/',
  '/bin/',
  '/usr/libexec/podman/',
  '/usr/lib/podman/',
];
const initPrograms = ['docker-init', 'catatonit', 'tini-static', 'tini'];
const capSysAdmin = 21n;
const capNetAdmin = 12n;

export interface Machine {
  readonly runtime: Runtime;
  readonly monitor: { readonly program: string; readonly version: string };
  readonly cgroups: Cgroups;
  readonly initProgram: string | undefined;
  /** What works less well here, in one sentence each. */
  readonly warnings: readonly string[];
}

/** Finds what the engine needs on this machine. Fails with `unavailable` and one sentence that says what is missing and what to do. */
export async function checkMachine({ runtimeRoot }: { readonly runtimeRoot: string }): Promise<Machine> {
  await checkRights();
  await checkRoot();
  const [crun, conmon] = await Promise.all([program('crun'), program('conmon')]);
  if (crun === undefined)
    throw new Failure(
      'unavailable',
      'crun is missing: install the package "crun", or drive an existing Docker with the engine kind "docker"',
    );
  if (conmon === undefined)
    throw new Failure(
      'unavailable',
      'conmon is missing: install the package "conmon", or drive an existing Docker with the engine kind "docker"',
    );
  const [runtime, version, initProgram] = await Promise.all([
    Runtime.open({ program: crun, root: runtimeRoot }),
    runCommand(conmon, ['--version']),
    findProgram(initPrograms.flatMap((name) => programs.map((directory) => directory + name))),
  ]);
  if (runtime.version === '') throw new Failure('unavailable', `${crun} is not crun`);
  const monitor = { program: conmon, version: /^conmon version (\S+)/m.exec(version.stdout)?.[1] ?? '' };
  if (monitor.version === '')
    throw new Failure('unavailable', `${conmon} is not conmon: it says ${JSON.stringify(version.stdout.slice(0, 60))}`);
  return { runtime, monitor, cgroups: new Cgroups(detectCgroups()), initProgram, warnings: await warningsOf(runtime) };
}

/** Makes sure that an overlay can be mounted on the data root, by doing it. On a full disk it cannot be known, and is told: what there is goes on. */
export async function checkOverlay(
  kernel: Pick<Kernel, 'mountOverlay' | 'unmount'>,
  dataRoot: string,
  report: (problem: string) => void,
): Promise<void> {
  let scratch: string | undefined;
  try {
    scratch = await mkdtemp(join(dataRoot, '.overlay-'));
    await tryOverlay(kernel, { scratch, dataRoot });
  } catch (cause) {
    if (!isDiskFull(cause)) throw cause;
    report(`the disk of ${dataRoot} is full: containers that run go on, and nothing can be made or started before there is space`);
  } finally {
    if (scratch !== undefined) await rm(scratch, { recursive: true, force: true });
  }
}

async function tryOverlay(
  kernel: Pick<Kernel, 'mountOverlay' | 'unmount'>,
  { scratch, dataRoot }: { readonly scratch: string; readonly dataRoot: string },
): Promise<void> {
  const [lower, upper, work, target] = ['l', 'u', 'w', 'm'].map((name) => join(scratch, name)) as [string, string, string, string];
  try {
    await Promise.all([lower, upper, work, target].map((path) => mkdir(path)));
    await kernel.mountOverlay({ lowers: [lower], upper, work, target });
    await kernel.unmount(target);
  } catch (cause) {
    if (isDiskFull(cause)) throw cause;
    const advice =
      'use a data root on ext4, xfs or tmpfs (an overlay cannot lie on another overlay, as inside a container without a volume)';
    throw new Failure('unavailable', `no overlay can be mounted on ${dataRoot}: ${advice}`, { cause });
  }
}

const program = (name: string): Promise<string | undefined> => findProgram(programs.map((directory) => directory + name));

async function checkRights(): Promise<void> {
  if (process.getuid?.() !== 0)
    throw new Failure(
      'forbidden',
      'the native engine needs root: start it as root, or drive an existing Docker with the engine kind "docker"',
    );
  const mask = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(await readFile('/proc/self/status', 'utf8'))?.[1] ?? '0'}`);
  const missing = [
    ...((mask & (1n << capSysAdmin)) === 0n ? ['CAP_SYS_ADMIN'] : []),
    ...((mask & (1n << capNetAdmin)) === 0n ? ['CAP_NET_ADMIN'] : []),
  ];
  if (missing.length > 0) {
    const advice = 'in an unprivileged container drive the Docker of the host with the engine kind "docker"';
    throw new Failure('forbidden', `the native engine lacks ${missing.join(' and ')}: ${advice}`);
  }
}

async function warningsOf(runtime: Runtime): Promise<string[]> {
  const limits = await readFile('/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes', 'utf8').catch(() => undefined);
  const isV1 = (await readFile('/sys/fs/cgroup/memory/memory.limit_in_bytes', 'utf8').catch(() => undefined)) !== undefined;
  return [
    ...(isOlder(runtime.version, runtimeVersionFloor)
      ? [`WARNING: crun ${runtime.version} is older than ${runtimeVersionFloor}, which fixed how it makes /dev`]
      : []),
    ...(isV1 && limits === undefined ? ['WARNING: No swap limit support'] : []),
  ];
}
