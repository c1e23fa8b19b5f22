import { access, constants, copyFile, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { closedAfterEach, eventually, temporaryDirectory } from '@gantry/base/testing';
import { AttachSocket } from '../conmon/attach-socket.ts';
import { reopenLog, resizeTerminal } from '../conmon/control-fifo.ts';
import { startMonitoredExec } from '../conmon/exec-monitor.ts';
import { ExitDirectory } from '../conmon/exit-directory.ts';
import { identifyProcess, isAlive, signalProcess } from '../conmon/process-identity.ts';
import { startMonitor } from '../conmon/start-monitor.ts';
import { startPipedExec } from './piped-exec.ts';
import { detectCgroups } from '../cgroups/cgroup-layout.ts';
import { Cgroups } from '../cgroups/cgroups.ts';
import { Runtime } from './runtime.ts';

const opened = closedAfterEach();
const namespaces = ['pid', 'mount', 'ipc', 'uts', 'network'].map((type) => ({ type }));

function ociProcess(args: string[], terminal = false) {
  const capabilities = { bounding: [], effective: [], permitted: [] };
  return { terminal, user: { uid: 0, gid: 0 }, args, env: ['PATH=/bin'], cwd: '/', capabilities };
}

async function container(script: string, options: { terminal?: boolean; stdin?: boolean; startBy?: 'fifo' | 'process' } = {}) {
  const root = opened.use(await temporaryDirectory()).path;
  const id = randomBytes(32).toString('hex');
  const bundle = join(root, 'bundle');
  await mkdir(join(bundle, 'rootfs/bin'), { recursive: true });
  for (const name of ['proc', 'dev', 'sys', 'tmp']) await mkdir(join(bundle, 'rootfs', name));
  await mkdir(join(root, 'exits'));
  await copyFile('/bin/busybox', join(bundle, 'rootfs/bin/busybox'));
  for (const name of ['sh', 'echo', 'cat', 'sleep', 'stty', 'true']) await symlink('busybox', join(bundle, 'rootfs/bin', name));
  const mounts = [
    { destination: '/proc', type: 'proc', source: 'proc' },
    { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755'] },
    { destination: '/dev/pts', type: 'devpts', source: 'devpts', options: ['newinstance', 'ptmxmode=0666', 'gid=5'] },
  ];
  const linux = { namespaces, cgroupsPath: `/gantry/test-${id.slice(0, 8)}/${id}` };
  const spec = {
    ociVersion: '1.0.2',
    process: ociProcess(['sh', '-c', script], options.terminal),
    root: { path: 'rootfs' },
    mounts,
    linux,
  };
  const runtime = opened.use(
    await Runtime.open({ program: '/usr/bin/crun', root: join(root, 'crun'), startBy: options.startBy ?? 'fifo' }),
  );
  const exits = opened.use(new ExitDirectory(join(root, 'exits')));
  const request = {
    program: '/usr/bin/conmon',
    runtime: runtime.createCommand,
    id,
    bundle,
    exitDirectory: exits.path,
    logPath: join(root, 'ctr.log'),
    terminal: options.terminal ?? false,
    stdin: options.stdin ?? false,
    leaveStdinOpen: false,
  };
  opened.defer(() => new Cgroups(detectCgroups()).remove(`/gantry/test-${id.slice(0, 8)}`));
  opened.defer(() => runtime.delete(id));
  return {
    root,
    id,
    bundle,
    runtime,
    exits,
    request,
    spec,
    start: () => startMonitor(request, Promise.resolve(JSON.stringify(spec))),
    log: () => readFile(join(root, 'ctr.log'), 'utf8'),
  };
}

test.each(['fifo', 'process'] as const)('a container started by %s keeps its log and its exit code', async (startBy) => {
  const made = await container('echo out; echo err >&2; exit 42', { startBy });
  const { monitor, init } = await made.start();

  expect(isAlive(init) && isAlive(monitor)).toBe(true);
  await made.runtime.start(made.id);

  expect(await made.exits.ended(made.id, () => isAlive(monitor))).toMatchObject({ code: 42 });
  expect(await made.log()).toMatch(/stdout F out\n/);
  expect(await made.log()).toMatch(/stderr F err\n/);
});

test('a start that was cut off goes on: one that was not made is made, one that was is noted to the end', async () => {
  const waiting = await container('exit 4');
  const { monitor } = await waiting.start();
  await waiting.runtime.startIfWaiting(waiting.id);
  expect(await waiting.exits.ended(waiting.id, () => isAlive(monitor))).toMatchObject({ code: 4 });

  const begun = await container('sleep 2; exit 5');
  const its = await begun.start();
  const fifo = join(begun.root, 'crun', begun.id, 'exec.fifo');
  await eventually(() => writeFile(fifo, '0', { flag: constants.O_WRONLY | constants.O_NONBLOCK }));
  await begun.runtime.startIfWaiting(begun.id);
  await expect(access(fifo)).rejects.toMatchObject({ code: 'ENOENT' });
  await begun.runtime.startIfWaiting(begun.id);
  expect(await begun.exits.ended(begun.id, () => isAlive(its.monitor))).toMatchObject({ code: 5 });
});

test('a program that is not there is told in the words of the runtime', async () => {
  const made = await container('');
  made.spec.process.args = ['nowhere'];

  await expect(made.start()).rejects.toThrow('executable file `nowhere` not found in $PATH');
});

/** The file that runs as the runtime of a monitor, once it has opened the specification, which is a pipe so far. */
async function waitingRuntime(bundle: string): Promise<string> {
  const monitor = (await readFile(join(bundle, 'conmon.pid'), 'utf8')).trim();
  const runtime = (await readFile(`/proc/${monitor}/task/${monitor}/children`, 'utf8')).trim();
  expect(await readlink(`/proc/${runtime}/fd/3`)).toMatch(/^pipe:/);
  return readlink(`/proc/${runtime}/exe`);
}

test('monitor and runtime start while the specification is made, however large it becomes', async () => {
  const made = await container('exit 7');
  const specification = Promise.withResolvers<string>();
  const starting = startMonitor(made.request, specification.promise);

  // crun has not started itself again from a copy of its file: it was started from one.
  await eventually(async () => expect(await waitingRuntime(made.bundle)).toBe('/memfd:runtime (deleted)'));
  specification.resolve(JSON.stringify({ ...made.spec, annotations: { large: 'x'.repeat(300_000) } }));
  const { monitor } = await starting;
  await made.runtime.start(made.id);

  expect(await made.exits.ended(made.id, () => isAlive(monitor))).toMatchObject({ code: 7 });
});

test('nothing is left of a monitor whose specification cannot be made', async () => {
  const made = await container('true');
  const specification = Promise.withResolvers<string>();
  const starting = startMonitor(made.request, specification.promise);
  await eventually(() => waitingRuntime(made.bundle));
  const monitor = Number(await readFile(join(made.bundle, 'conmon.pid'), 'utf8'));

  specification.reject(new Error('no address is free'));

  await expect(starting).rejects.toThrow('no address is free');
  await eventually(() => expect(identifyProcess(monitor)).toBeUndefined());
  expect(await readdir(made.exits.path)).toEqual([]);
});

test('attach carries both outputs and standard input up to its end', async () => {
  const made = await container('cat; echo end >&2', { stdin: true });
  const { monitor } = await made.start();
  const socket = AttachSocket.connect(join(made.bundle, 'attach'));
  const seen = { stdout: '', stderr: '' };
  socket.listen(({ stream, bytes }) => (seen[stream] += Buffer.from(bytes).toString()));
  await made.runtime.start(made.id);

  const text = `${'x'.repeat(99)}\n`.repeat(1000);
  await socket.write(Buffer.from(text));
  socket.endInput();

  expect(await made.exits.ended(made.id, () => isAlive(monitor))).toMatchObject({ code: 0 });
  await socket.closed;
  expect(seen).toEqual({ stdout: text, stderr: 'end\n' });
});

test('a terminal has the size that it was given', async () => {
  const made = await container('trap "stty size; exit 0" USR1; echo ready; while true; do sleep 0.05; done', { terminal: true });
  const { monitor, init } = await made.start();
  const socket = AttachSocket.connect(join(made.bundle, 'attach'));
  let output = '';
  const ready = new Promise<void>((resolve) => {
    socket.listen(({ bytes }) => {
      output += Buffer.from(bytes).toString();
      if (output.includes('ready')) resolve();
    });
  });
  await made.runtime.start(made.id);
  await ready;

  expect(await resizeTerminal(made.bundle, { rows: 50, columns: 132 })).toBe(true);
  signalProcess(init, 10);

  await made.exits.ended(made.id, () => isAlive(monitor));
  await socket.closed;
  expect(output).toContain('50 132');
});

test('a monitor that was killed is noticed by the sweep', async () => {
  const made = await container('sleep 60');
  const { monitor, init } = await made.start();
  await made.runtime.start(made.id);

  signalProcess(monitor, 9);
  signalProcess(init, 9);

  expect(await made.exits.ended(made.id, () => isAlive(monitor))).toBe('lost');
  expect(await reopenLog(made.bundle)).toBe(false);
});

test('an exec on pipes answers its output and code, or why it could not start', async () => {
  const made = await container('sleep 60');
  await made.start();
  await made.runtime.start(made.id);
  const directory = join(made.root, 'exec');
  await mkdir(directory);

  await writeFile(join(directory, 'process.json'), JSON.stringify(ociProcess(['sh', '-c', 'cat; exit 9'])));
  const exec = startPipedExec(made.runtime, made.id, { directory });
  exec.stdin.end('typed');
  expect(Buffer.concat(await exec.stdout.toArray()).toString()).toBe('typed');
  expect(await exec.ended).toEqual({ code: 9 });

  await writeFile(join(directory, 'process.json'), JSON.stringify(ociProcess(['nowhere'])));
  expect(await startPipedExec(made.runtime, made.id, { directory }).ended).toEqual({
    refusal: expect.stringContaining('nowhere') as string,
  });
});

test('an exec with a terminal loses no output and does not touch the record of its container', async () => {
  const made = await container('sleep 60');
  await made.start();
  await made.runtime.start(made.id);
  const bundle = join(made.root, 'exec');
  await mkdir(join(bundle, 'exits'), { recursive: true });
  await writeFile(join(bundle, 'process.json'), JSON.stringify(ociProcess(['sh', '-c', 'echo hello; exit 8'], true)));
  const request = { ...made.request, runtime: made.runtime.command, bundle };
  let output = '';
  let attached: AttachSocket | undefined;

  const exec = await startMonitoredExec(
    {
      ...request,
      exitDirectory: join(bundle, 'exits'),
      logPath: undefined,
      terminal: true,
      stdin: true,
      processFile: join(bundle, 'process.json'),
    },
    (socket) => {
      attached = socket;
      socket.listen(({ bytes }) => (output += Buffer.from(bytes).toString()));
    },
  );

  expect(await exec.ended).toBe(8);
  await attached?.closed;
  expect(output).toBe('hello\r\n');
  await expect(access(join(made.exits.path, made.id))).rejects.toThrow();
});
