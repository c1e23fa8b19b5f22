import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { FileTree } from '@gantry/linux/files';
import { type FileHead, type FileTask, runFileTask } from './file-task.ts';

const opened = closedAfterEach();

/** Swaps `d` for a link to a place outside and back, as fast as it can, until it is killed. */
const swapping = `import os,sys
root,outside=sys.argv[1:3]
os.chdir(root)
print("ready",flush=True)
while True:
    try:
        os.rename("d","e"); os.rename("swapped","d"); os.rename("d","swapped"); os.rename("e","d")
    except OSError:
        try: os.rename("d","swapped")
        except OSError: pass
        try: os.mkdir("d")
        except OSError: pass
        try: os.symlink(outside,"swapped")
        except OSError: pass
`;

const none = { mode: undefined, uid: undefined, gid: undefined };
const write = { kind: 'write', attributes: none, mostBytes: 10, ifMatch: undefined, isNew: false } as const;
const tasks: readonly FileTask[] = [
  { kind: 'read', path: '/d/precious', range: undefined, ifRange: undefined },
  { kind: 'list', path: '/d', after: '', limit: 100 },
  { ...write, path: '/d/written' },
  { ...write, path: '/d/precious' },
  { kind: 'makeDirectory', path: '/d/made/deep', attributes: none, hasParents: true },
  { kind: 'change', path: '/d', attributes: { mode: 0o777, uid: 7, gid: 7 } },
  { kind: 'change', path: '/d/precious', attributes: { mode: 0o777, uid: 7, gid: 7 } },
  { kind: 'move', from: '/d/precious', to: '/d/moved', replaces: true },
  { kind: 'move', from: '/d/moved', to: '/d/precious', replaces: true },
  { kind: 'remove', path: '/d/made', isRecursive: true },
  { kind: 'remove', path: '/d/sub', isRecursive: true },
];

const kinds = ['read', 'list', 'write', 'makeDirectory', 'change', 'move'];
const sumOf = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((sum, count) => sum + count, 0);

test('somebody who swaps directories for links gets nothing read, written, changed or removed outside', async () => {
  const { path } = opened.use(await temporaryDirectory());
  const [root, outside] = [join(path, 'root'), join(path, 'outside')];
  for (const directory of [root, join(root, 'd'), outside, join(outside, 'sub')]) mkdirSync(directory);
  writeFileSync(join(outside, 'precious'), 'outside');
  symlinkSync(outside, join(root, 'swapped'));
  const attacker = spawn('python3', ['-c', swapping, root, outside], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(attacker.stdout, 'data');

  using tree = FileTree.open(root);
  const read: string[] = [];
  const heads: FileHead[] = [];
  const done = new Map<string, number>();
  const streams = {
    input: { [Symbol.asyncIterator]: () => [Buffer.from('inside')].values() as unknown as AsyncIterator<Uint8Array> },
    write: (bytes: Uint8Array) => Promise.resolve(void read.push(Buffer.from(bytes).toString())),
    tell: (head: FileHead) => void heads.push(head),
    onEntry: () => undefined,
  };
  try {
    // On a busy machine either side may be late: all must have come to something.
    const isEnough = (): boolean => kinds.every((kind) => (done.get(kind) ?? 0) > 0) && sumOf(done) > 200;
    for (const start = Date.now(); Date.now() < start + 4000 || (!isEnough() && Date.now() < start + 60_000); await turn()) {
      for (const task of tasks) {
        await runFileTask(tree, task, streams).then(
          () => done.set(task.kind, (done.get(task.kind) ?? 0) + 1),
          () => undefined, // a walk that meets a link may fail: what counts is where nothing arrived
        );
      }
    }
  } finally {
    attacker.kill('SIGKILL');
    await once(attacker, 'exit');
  }
  for (const kind of kinds) expect([kind, (done.get(kind) ?? 0) > 0]).toEqual([kind, true]);
  expect(sumOf(done)).toBeGreaterThan(200);
  expect(read).not.toContain('outside');
  expect(heads.flatMap(({ page }) => page?.entries.map(({ name }) => name) ?? [])).not.toContain('sub');
  expect(readdirSync(outside).sort()).toEqual(['precious', 'sub']);
  expect(readFileSync(join(outside, 'precious'), 'utf8')).toBe('outside');
  for (const name of ['', 'precious', 'sub']) expect(statSync(join(outside, name)).uid).toBe(0);
  expect(readdirSync(root).filter((name) => name.startsWith('.gantry-'))).toEqual([]);
});
