import { mkdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { openKernel } from './kernel.ts';
import type { KernelOptions } from './kernel-operations.ts';

const opened = closedAfterEach();
const kernelOf = async (options?: KernelOptions) => opened.use(await openKernel(options));
const directory = async () => opened.use(await temporaryDirectory()).path;

function undoneAfter(undo: () => Promise<unknown>): void {
  opened.defer(async () => {
    await undo();
  });
}

async function madeBelow(root: string, ...names: string[]): Promise<string[]> {
  const paths = names.map((name) => join(root, name));
  for (const path of paths) await mkdir(path, { recursive: true });
  return paths;
}

describe.each([{ byPrograms: [] }, { byPrograms: ['mount'] }] satisfies KernelOptions[])('mounts with $byPrograms', (options) => {
  test('an overlay shows its top layer first and is gone after unmount', async () => {
    const kernel = await kernelOf(options);
    const root = await directory();
    const [top = '', bottom = '', upper = '', work = '', target = ''] = await madeBelow(root, 'to,p', 'bot:tom', 'u', 'w', 'target');
    await writeFile(join(top, 'both'), 'top');
    await writeFile(join(bottom, 'both'), 'bottom');
    await writeFile(join(bottom, 'below'), 'bottom');

    await kernel.mountOverlay({ lowers: [top, bottom], upper, work, target });
    undoneAfter(() => kernel.unmount(target));

    expect(await readFile(join(target, 'both'), 'utf8')).toBe('top');
    await writeFile(join(target, 'below'), 'written');
    expect(await readFile(join(upper, 'below'), 'utf8')).toBe('written');
    expect((await kernel.mountsUnder(root)).map((mount) => mount.target)).toEqual([target]);
    expect(await kernel.unmount(target)).toBe(true);
    expect(await kernel.unmount(target)).toBe(false);
    expect(await kernel.mountsUnder(root)).toEqual([]);
  });

  test('500 layers with long paths become one overlay', async () => {
    const kernel = await kernelOf(options);
    const root = await directory();
    const [target = '', upper = '', work = ''] = await madeBelow(root, 'target', 'u', 'w');
    const lowers = await madeBelow(root, ...Array.from({ length: 500 }, (_, index) => `${index}-${'x'.repeat(80)}`));
    await writeFile(join(lowers.at(-1) ?? '', 'deepest'), 'yes');

    await kernel.mountOverlay({ lowers, upper, work, target });
    undoneAfter(() => kernel.unmount(target));

    expect(await readFile(join(target, 'deepest'), 'utf8')).toBe('yes');
  });

  test('a bind is read-only where asked, and a tmpfs has its size', async () => {
    const kernel = await kernelOf(options);
    const root = await directory();
    const [source = '', target = '', memory = ''] = await madeBelow(root, 'source', 'target', 'memory');

    await kernel.mount({ source, target, type: 'bind', attributes: ['ro'], propagation: 'private' });
    undoneAfter(() => kernel.unmount(target));
    await kernel.mount({ source: 'tmpfs', target: memory, type: 'tmpfs', attributes: ['nosuid'], data: 'size=64k' });
    undoneAfter(() => kernel.unmount(memory));

    await expect(writeFile(join(target, 'x'), '')).rejects.toMatchObject({ code: 'EROFS' });
    await expect(writeFile(join(memory, 'x'), Buffer.alloc(100_000))).rejects.toMatchObject({ code: 'ENOSPC' });
  });

  test('a directory becomes a shared mount once', async () => {
    const kernel = await kernelOf(options);
    const root = await directory();

    await kernel.shareMount(root);
    undoneAfter(() => kernel.unmount(root));
    await kernel.shareMount(root);

    const mounts = await kernel.mountsUnder(root);
    expect(mounts).toHaveLength(1);
    expect(mounts[0]?.sharedGroup).toBeGreaterThan(0);
  });

  test('what is mounted below a directory that was made shared is not mounted on the shared mount around it as well', async () => {
    const kernel = await kernelOf(options);
    const around = await directory();
    const [root = '', memory = ''] = await madeBelow(around, 'root', 'root/memory');

    for (const path of [around, root]) {
      await kernel.shareMount(path);
      undoneAfter(() => kernel.unmount(path));
    }
    await kernel.mount({ source: 'tmpfs', target: memory, type: 'tmpfs' });
    undoneAfter(() => kernel.unmount(memory));

    expect((await kernel.mountsUnder(root)).map(({ target }) => target)).toEqual([root, memory]);
  });
});

test('a failed mount names the call, the path and the errno', async () => {
  const kernel = await kernelOf();
  const root = await directory();

  await expect(kernel.mount({ source: 'none', target: join(root, 'missing'), type: 'tmpfs' })).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringContaining(join(root, 'missing')) as string,
    details: { errno: 'ENOENT', call: 'mount' },
  });
  await expect(kernel.mountOverlay({ lowers: [join(root, 'no')], upper: root, work: root, target: root })).rejects.toThrow(
    /lowerdir\+.*no/,
  );
});

test('a namespace is made once, entered for its settings and removed', async () => {
  const kernel = await kernelOf();
  const pin = join(await directory(), 'ns');

  expect(await kernel.createNamespace(pin)).toBe(true);
  undoneAfter(() => kernel.removeNamespace(pin));
  expect(await kernel.createNamespace(pin)).toBe(false);
  await kernel.writeSysctls({ 'net.ipv4.ip_default_ttl': '33' }, pin);

  expect(await kernel.readSysctls(['net.ipv4.ip_default_ttl', 'net.no.such'], pin)).toEqual({ 'net.ipv4.ip_default_ttl': '33' });
  expect(await kernel.readSysctls(['net.ipv4.ip_default_ttl'])).not.toEqual({ 'net.ipv4.ip_default_ttl': '33' });
  await expect(kernel.writeSysctls({ 'net.no.such': '1' }, pin)).rejects.toMatchObject({ code: 'not-found' });
  expect(await kernel.removeNamespace(pin)).toBe(true);
  expect(await kernel.removeNamespace(pin)).toBe(false);
  await expect(stat(pin)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('the main thread and its pool stay in their namespace', async () => {
  const kernel = await kernelOf();
  const pin = join(await directory(), 'ns');
  const before = await readlink('/proc/self/ns/net');

  await kernel.createNamespace(pin);
  undoneAfter(() => kernel.removeNamespace(pin));

  expect(await Promise.all(Array.from({ length: 8 }, () => readlink('/proc/thread-self/ns/net')))).toEqual(Array(8).fill(before));
});

test('a kernel thread lives in the namespace that it is given, and its sockets too', async () => {
  const host = await kernelOf();
  const pin = join(await directory(), 'ns');
  await host.createNamespace(pin);
  undoneAfter(() => host.removeNamespace(pin));
  const kernel = await kernelOf({ networkNamespace: pin });

  await kernel.writeSysctls({ 'net.ipv4.ip_default_ttl': '34' });

  expect(await host.readSysctls(['net.ipv4.ip_default_ttl'], pin)).toEqual({ 'net.ipv4.ip_default_ttl': '34' });
});

test('a socket of the thread serves in the main thread, and its port is taken for others', async () => {
  const kernel = await kernelOf();

  const bound = await kernel.openSocket({ protocol: 'tcp', address: '127.0.0.1', port: 0 });
  const server = createServer((socket) => socket.end('hello')).listen({ fd: bound.descriptor });
  await once(server, 'listening');
  opened.defer(() => void server.close());

  const answer = await fetchText(bound.port);
  expect(answer).toBe('hello');
  await expect(kernel.openSocket({ protocol: 'tcp', address: '127.0.0.1', port: bound.port, isListening: true })).rejects.toMatchObject({
    code: 'conflict',
    details: { errno: 'EADDRINUSE' },
  });
});

async function fetchText(port: number): Promise<string> {
  const { connect } = await import('node:net');
  const socket = connect(port, '127.0.0.1');
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

test('extended attributes and whiteouts', async () => {
  const kernel = await kernelOf();
  const root = await directory();
  const whiteout = join(root, 'gone');

  await kernel.setXattr(root, 'trusted.overlay.opaque', Buffer.from('y'));
  await kernel.makeNode(whiteout, { type: 'character', mode: 0, major: 0, minor: 0 });

  expect(await kernel.listXattrs(root)).toEqual(['trusted.overlay.opaque']);
  expect(Buffer.from((await kernel.getXattr(root, 'trusted.overlay.opaque')) ?? []).toString()).toBe('y');
  expect(await kernel.getXattr(root, 'trusted.none')).toBeUndefined();
  await kernel.removeXattr(root, 'trusted.overlay.opaque');
  expect(await kernel.listXattrs(root)).toEqual([]);
  expect((await stat(whiteout)).isCharacterDevice()).toBe(true);
});

test('requests after the end fail, those under way too', async () => {
  const kernel = await openKernel();
  const underWay = kernel.mountsUnder('/');
  const ended = expect(Promise.allSettled([underWay])).resolves.toHaveLength(1);
  await kernel[Symbol.asyncDispose]();
  await ended;

  await expect(kernel.mountsUnder('/')).rejects.toMatchObject({ code: 'unavailable' });
});
