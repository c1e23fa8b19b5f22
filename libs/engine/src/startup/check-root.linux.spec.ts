import { spawnSync } from 'node:child_process';
import { temporaryDirectory } from '@gantry/base/testing';
import { checkRoot } from './check-root.ts';

test('the root of a mount namespace is one to run containers from', async () => {
  await expect(checkRoot()).resolves.toBeUndefined();
});

test('in a chroot the engine does not start', async () => {
  await using directory = await temporaryDirectory();
  const program = `import { checkRoot } from ${JSON.stringify(new URL('./check-root.ts', import.meta.url).pathname)}; await checkRoot();`;
  const inChroot = 'mount --rbind / "$1" && exec chroot "$1" "$2" --conditions=source --input-type=module --eval "$3"';
  const arguments_ = ['--mount', '--propagation', 'private', 'sh', '-c', inChroot, 'sh', directory.path, process.execPath, program];

  const { status, stderr } = spawnSync('unshare', arguments_, { encoding: 'utf8', cwd: '/', env: { PATH: process.env['PATH'] } });

  expect(stderr).toContain('the native engine cannot run in a chroot');
  expect(status).toBe(1);
});
