import { mountOf, parseMountinfo } from './mountinfo.ts';
import { takesLayersOneByOne } from './overlay.ts';

const text = [
  '21 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw',
  '36 21 0:30 /sub /mnt/a\\040b\\134c rw,noexec master:4 - tmpfs tmpfs rw,size=4k',
  '40 21 0:4 net:[4026532] /run/é rw - nsfs nsfs rw',
  'no mount at all',
  '',
].join('\n');

test('mounts have their root, target and propagation, with the escapes of the kernel undone', () => {
  const [root, tmpfs, pin, ...more] = parseMountinfo(text);

  expect(root).toMatchObject({ id: 21, target: '/', type: 'ext4', source: '/dev/vda', sharedGroup: 1, masterGroup: undefined });
  expect(tmpfs).toMatchObject({ root: '/sub', target: '/mnt/a b\\c', options: ['rw', 'noexec'], sharedGroup: undefined, masterGroup: 4 });
  expect(pin).toMatchObject({ target: '/run/é', type: 'nsfs' });
  expect(more).toEqual([]);
});

test('a path lies on the deepest mount, and of two at one place on the later', () => {
  const mounts = parseMountinfo(`${text}\n50 21 0:31 / /mnt/a\\040b\\134c rw - tmpfs later rw`);

  expect(mountOf(mounts, '/mnt/a b\\c/file')?.source).toBe('later');
  expect(mountOf(mounts, '/mnt/a b')?.target).toBe('/');
});

test('a copy of a mount that another mount hides is not the one that a path lies on', () => {
  const rows = ['1 0 8:1 / / rw shared:1 - ext4 x rw', '2 1 8:1 /d /d rw shared:1 - ext4 x rw'];
  const mounts = parseMountinfo(
    [...rows, '3 2 8:1 /usr /d/v ro shared:1 - ext4 x rw', '4 1 8:1 /usr /d/v rw shared:1 - ext4 x rw'].join('\n'),
  );

  expect(mountOf(mounts, '/d/v/file')?.options).toEqual(['ro']);
});

test.each([
  ['6.1.0-18-amd64', false],
  ['6.4.16', false],
  ['6.5.0', true],
  ['6.18.44-fc', true],
  ['7.0', true],
])('kernel %s takes layers one by one: %s', (kernel, takes) => {
  expect(takesLayersOneByOne(kernel)).toBe(takes);
});
