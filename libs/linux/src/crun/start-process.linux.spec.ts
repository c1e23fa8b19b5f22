import { readFile } from 'node:fs/promises';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { startProcess } from './start-process.ts';

const opened = closedAfterEach();
const shell = { program: '/bin/sh', descriptors: ['we-write', 'we-read', 'we-read'] } as const;

test('a process has its pipes, its directory and its code', async () => {
  const { path } = opened.use(await temporaryDirectory());
  const { streams, ended } = startProcess({ ...shell, cwd: path, env: { A: 'b' }, args: ['-c', 'pwd; echo $A >&2; cat; exit 9'] });
  const [stdin, stdout, stderr] = streams;
  stdin?.end('x'.repeat(300_000));

  const output = (await stdout?.toArray()) as Buffer[];
  expect(Buffer.concat(output).toString()).toBe(`${path}\n${'x'.repeat(300_000)}`);
  expect(Buffer.concat((await stderr?.toArray()) as Buffer[]).toString()).toBe('b\n');
  expect(await ended).toBe(9);
});

test('a process that a signal ended has 128 and its number, and is no zombie', async () => {
  const { pid, ended } = startProcess({ ...shell, descriptors: ['nothing', 'nothing', 'nothing'], args: ['-c', 'kill -9 $$'] });

  expect(await ended).toBe(137);
  await expect(readFile(`/proc/${pid}/stat`)).rejects.toThrow('ENOENT');
});

test('a process ignores no signal, whatever we ignore', async () => {
  const { streams } = startProcess({ ...shell, args: ['-c', 'grep SigIgn /proc/$$/status'] });

  expect(Buffer.concat((await streams[1]?.toArray()) as Buffer[]).toString()).toMatch(/^SigIgn:\t0{16}\n$/);
});

test('a program that is not there is told, and no pipe is left', async () => {
  expect(() => startProcess({ ...shell, program: '/nowhere', args: [] })).toThrow('cannot start /nowhere: ENOENT');
  await expect(startProcess({ ...shell, args: ['-c', 'exit 0'] }).ended).resolves.toBe(0);
});
