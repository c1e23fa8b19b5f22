import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@gantry/base/testing';
import { demultiplex } from '@gantry/engine-api';
import { createIn, shell, waitIn } from '../testing/container-client.ts';
import { openTestEngine, type TestEngine } from '../testing/open-test-engine.ts';

let engine: TestEngine;
let root: string;
beforeAll(async () => {
  engine = await openTestEngine();
  const made = await engine.client.call('VolumeCreate', { body: { Name: 'shared' } });
  root = (await made.json<{ Mountpoint: string }>()).Mountpoint;
  mkdirSync(join(root, 'a/b'), { recursive: true });
  writeFileSync(join(root, 'a/b/file'), 'part');
  writeFileSync(join(root, 'whole'), 'whole');
  symlinkSync('/a/b', join(root, 'inside'));
  symlinkSync('../../../../../../../../etc', join(root, 'outside'));
});
afterAll(() => engine[Symbol.asyncDispose]());

const mount = (Subpath: string, more: object = {}): object => ({
  HostConfig: { Mounts: [{ Type: 'volume', Source: 'shared', Target: '/d', VolumeOptions: { Subpath }, ...more }] },
});

async function outputOf(script: string, body: object): Promise<string> {
  const id = await createIn(engine.client, shell(script, body as Record<string, unknown>));
  await engine.client.call('ContainerStart', { path: { id } });
  await waitIn(engine.client, id);
  const { bytes } = await engine.client.call('ContainerLogs', { path: { id }, query: { stdout: true, stderr: true } });
  let text = '';
  for await (const part of demultiplex(bytes)) text += Buffer.from(part.bytes).toString();
  return text;
}

test('a part of a volume is mounted instead of the whole, a directory or a file, read-only where that is asked for', async () => {
  expect(await outputOf('ls -A /d; echo new >/d/new', mount('a/b'))).toBe('file\n');
  expect(readFileSync(join(root, 'a/b/new'), 'utf8')).toBe('new\n');
  expect(await outputOf('cat /d', mount('whole'))).toBe('whole');
  expect(await outputOf('cat /d/file; touch /d/x', mount('./a/../a/b', { ReadOnly: true }))).toMatch(/^part.*Read-only file system/);
  expect(await outputOf('ls -A /d', mount(''))).toBe('a\ninside\noutside\nwhole\n');
  await eventually(() => expect(readdirSync(join(engine.root, 'run/engine/b'))).toEqual([]));
});

test('links in the volume lead to where they would with it as /', async () => {
  expect(await outputOf('cat /d/file', mount('inside'))).toBe('part');
  const id = await createIn(engine.client, shell('ls /d', mount('outside') as Record<string, unknown>));
  const path = join(root, 'outside');
  await expect(engine.client.call('ContainerStart', { path: { id } })).rejects.toThrow(
    `cannot access path ${path}: lstat ${path}: no such file or directory`,
  );
  await eventually(() => expect(readdirSync(join(engine.root, 'run/engine/b'))).toEqual([]));
});

test('a part that is made a link while the container is not running shows nothing of the host', async () => {
  mkdirSync(join(root, 'swapped'));
  const id = await createIn(engine.client, shell('cat /d/passwd', mount('swapped') as Record<string, unknown>));
  rmSync(join(root, 'swapped'), { recursive: true });
  symlinkSync('/etc', join(root, 'swapped'));

  await expect(engine.client.call('ContainerStart', { path: { id } })).rejects.toThrow('cannot access path');
  await expect(engine.client.call('ContainerArchive', { path: { id }, query: { path: '/d/passwd' } })).rejects.toThrow();
  rmSync(join(root, 'swapped'));
  mkdirSync(join(root, 'swapped'));
  writeFileSync(join(root, 'swapped/passwd'), 'own');
  await engine.client.call('ContainerStart', { path: { id } });
  await waitIn(engine.client, id);
  const tar = await (await engine.client.call('ContainerArchive', { path: { id }, query: { path: '/d/passwd' } })).text();
  expect(tar).toContain('own');
});

test.each([
  [mount('../a'), 'invalid mount config for type "volume": subpath must be a relative path within the volume'],
  [mount('/a'), 'invalid mount config for type "volume": subpath must be a relative path within the volume'],
  [mount('a', { Source: '' }), 'invalid mount config for type "volume": must not set Subpath when using anonymous volumes'],
])('%j is refused', async (body, message) => {
  await expect(createIn(engine.client, shell('true', body as Record<string, unknown>))).rejects.toThrow(message);
});

test('before API 1.45 there are no parts', async () => {
  const { handle } = engine.engine;
  const body = Buffer.from(JSON.stringify(shell('true', mount('no/such/part') as Record<string, unknown>)));
  const answer = await handle({
    ...{ method: 'POST', target: '/v1.44/containers/create?name=old', upgrade: 'none', caller: { kind: 'process' } },
    headers: new Map([['content-type', 'application/json']]),
    body: (async function* () {
      yield await Promise.resolve(body);
    })(),
    signal: AbortSignal.timeout(10_000),
  });
  expect(answer).toMatchObject({ status: 201 });
  await engine.client.call('ContainerStart', { path: { id: 'old' } });
  await waitIn(engine.client, 'old');
  expect(existsSync(join(root, 'no'))).toBe(false);
});
