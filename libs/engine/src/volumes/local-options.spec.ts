import { isHostDevice } from './local-options.ts';

test.each([
  { type: 'none', o: 'bind', device: '/srv' },
  { type: 'none', o: 'ro,rbind', device: 'srv/relative' },
  { type: 'tmpfs', o: 'bind', device: 'etc' },
  { type: 'nfs', o: 'bind,addr=10.0.0.1', device: ':/export' },
  { type: 'overlay', o: 'lowerdir=/etc:/root', device: 'overlay' },
  { type: 'ext4', device: '/dev/vdb' },
  { type: 'ext4', device: 'LABEL=data' },
  { type: 'proc', device: 'proc' },
])('a volume of %j may be of the host', (options) => {
  expect(isHostDevice(options)).toBe(true);
});

test.each([
  {},
  { o: 'uid=1000' },
  { type: 'tmpfs', device: 'tmpfs', o: 'size=1m,uid=1000' },
  { type: 'nfs', device: ':/export', o: 'addr=10.0.0.1,rw' },
  { type: 'nfs4', device: 'server:/bind', o: 'addr=10.0.0.1' },
  { type: 'cifs', device: '//server/share', o: 'username=bind' },
])('a volume of %j is not of the host', (options) => {
  expect(isHostDevice(options)).toBe(false);
});
