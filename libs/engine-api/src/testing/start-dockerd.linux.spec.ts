import { existsSync, globSync, readFileSync } from 'node:fs';
import { docker } from './docker-cli.ts';
import { loadBusybox } from './fixtures.ts';
import { startDockerd } from './start-dockerd.ts';

test('a dockerd with a running and a paused container ends at once and leaves nothing', async () => {
  const dockerd = await startDockerd();
  const engine = { kind: 'dockerd', ...dockerd } as const;
  await loadBusybox(engine);
  await docker(engine, ['run', '-d', 'busybox', 'sleep', '60']);
  await docker(engine, ['run', '-d', '--name', 'paused', 'busybox', 'sleep', '60']);
  await docker(engine, ['pause', 'paused']);
  const [init] = /\d+/.exec(dockerd.enter.join(' ')) ?? [];
  const [cgroup = 'none'] = /gantry-dockerd-[0-9a-f]+/.exec(readFileSync(`/proc/${init ?? ''}/cmdline`, 'utf8')) ?? [];
  expect(globSync(`/sys/fs/cgroup/*/${cgroup}`)).not.toEqual([]);

  await dockerd[Symbol.asyncDispose]();

  expect(existsSync(`/proc/${init ?? ''}`)).toBe(false);
  expect(existsSync(dockerd.socketPath)).toBe(false);
  expect(globSync(`/sys/fs/cgroup/*/${cgroup}`)).toEqual([]);
});
