import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { serveEngine } from '@gantry/engine-api';
import { ask, createContainer, type EngineUnderTest, exitCodeOf, framesOf } from '@gantry/engine-api/testing';
import { openTestEngine } from '../testing/open-test-engine.ts';

const opened = new AsyncDisposableStack();
const afterEachOne = closedAfterEach();
let engine: EngineUnderTest;

beforeAll(async () => {
  const under = opened.use(await openTestEngine());
  const socketPath = join(under.root, 'docker.sock');
  opened.use(await serveEngine(under.engine.handle, { path: socketPath }));
  engine = { kind: 'native', socketPath, enter: [] };
});
afterAll(() => opened.disposeAsync());

/** A directory with a file system of its own mounted in it. */
async function nested(): Promise<string> {
  const { path } = afterEachOne.use(await temporaryDirectory());
  const below = join(path, 'below');
  mkdirSync(below);
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', below]);
  afterEachOne.defer(() => void execFileSync('umount', [below]));
  return path;
}

/** Where a container can write: the bind itself, and what is mounted below it. */
async function writable(version: string, host: object): Promise<string> {
  const script = 'touch /m/f 2>/dev/null && echo top; touch /m/below/f 2>/dev/null && echo below; true';
  const body = { Image: 'busybox', Cmd: ['sh', '-c', script], HostConfig: host };
  const { value, message } = await ask(engine, `POST /v${version}/containers/create`, { body });
  const { Id: id } = (value ?? {}) as { Id?: string };
  if (id === undefined) return message;
  const started = await ask(engine, `POST /containers/${id}/start`);
  if (started.status !== 204) return started.message;
  await exitCodeOf(engine, { id, name: '' });
  const { body: log } = await ask(engine, `GET /containers/${id}/logs?stdout=1`);
  return framesOf(log).stdout.trim().replaceAll('\n', ' ');
}

test('what is mounted below a read-only bind is read-only too, from API 1.44 on and where nothing else is asked for', async () => {
  const source = await nested();
  const mount = (options?: object): object => ({
    Mounts: [{ Type: 'bind', Source: source, Target: '/m', ReadOnly: true, ...(options && { BindOptions: options }) }],
  });

  expect(await writable('1.51', { Binds: [`${source}:/m`] })).toBe('top below');
  expect(await writable('1.51', { Binds: [`${source}:/m:ro`] })).toBe('');
  expect(await writable('1.43', { Binds: [`${source}:/m:ro`] })).toBe('below');
  expect(await writable('1.51', mount())).toBe('');
  expect(await writable('1.43', mount())).toBe('below');
  expect(await writable('1.51', mount({ ReadOnlyNonRecursive: true }))).toBe('below');
  expect(await writable('1.51', mount({ ReadOnlyForceRecursive: true, Propagation: 'rprivate' }))).toBe('');
  expect(await writable('1.51', mount({ NonRecursive: true }))).toBe('');
});

test('a file may be bound read-only', async () => {
  const file = join(await nested(), 'file');
  writeFileSync(file, '');
  const mount = { Type: 'bind', Source: file, Target: '/m', ReadOnly: true };

  for (const host of [
    { Binds: [`${file}:/m:ro`] },
    { Mounts: [mount] },
    { Mounts: [{ ...mount, BindOptions: { ReadOnlyForceRecursive: true } }] },
  ])
    expect(await writable('1.51', host)).toBe('');
});

test('what cannot be is refused in the words of dockerd', async () => {
  const source = await nested();
  const mount = (options: object): object => ({
    Mounts: [{ Type: 'bind', Source: source, Target: '/m', ReadOnly: true, BindOptions: options }],
  });

  expect(await writable('1.43', mount({ ReadOnlyForceRecursive: true }))).toBe(
    'BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer',
  );
  expect(await writable('1.51', mount({ ReadOnlyForceRecursive: true, ReadOnlyNonRecursive: true }))).toBe(
    'mount options conflict: ReadOnlyNonRecursive && BindOptions.ReadOnlyForceRecursive',
  );
});

test('shares that control groups do not have are refused, at create or at the start', async () => {
  const negative = await ask(engine, 'POST /containers/create', { body: { Image: 'busybox', HostConfig: { CpuShares: -5 } } });
  expect(negative).toMatchObject({ status: 400, message: 'invalid CPU shares (-5): value must be a positive integer' });
  const { id } = await createContainer(engine, { HostConfig: { CpuShares: 1 } });
  expect((await ask(engine, `POST /containers/${id}/start`)).message).toMatch(/the minimum allowed cpu-shares is 2/);
});
