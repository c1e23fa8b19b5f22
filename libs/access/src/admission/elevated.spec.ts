import { elevatedFields } from './elevated.ts';

const create = (HostConfig: object): string[] =>
  elevatedFields({ route: 'ContainerCreate', query: {}, body: { Image: 'busybox', HostConfig } });

test.each<[string, object]>([
  ['Privileged', { Privileged: true }],
  ['CapAdd', { CapAdd: ['SYS_MODULE'] }],
  ['Devices', { Devices: [{ PathOnHost: '/dev/sda' }] }],
  ['DeviceRequests', { DeviceRequests: [{ Driver: 'nvidia' }] }],
  ['DeviceCgroupRules', { DeviceCgroupRules: ['a *:* rwm'] }],
  ['SecurityOpt', { SecurityOpt: ['no-new-privileges', 'seccomp=unconfined'] }],
  ['SecurityOpt', { SecurityOpt: ['no-new-privileges:false'] }],
  ['MaskedPaths', { MaskedPaths: [] }],
  ['ReadonlyPaths', { ReadonlyPaths: [] }],
  ['Sysctls', { Sysctls: { 'kernel.core_pattern': '|/x' } }],
  ['Runtime', { Runtime: 'other' }],
  ['CgroupParent', { CgroupParent: '/' }],
  ['NetworkMode', { NetworkMode: 'host' }],
  ['NetworkMode', { NetworkMode: 'container:db' }],
  ['PidMode', { PidMode: 'host' }],
  ['IpcMode', { IpcMode: 'host' }],
  ['UTSMode', { UTSMode: 'host' }],
  ['UsernsMode', { UsernsMode: 'host' }],
  ['CgroupnsMode', { CgroupnsMode: 'host' }],
  ['Binds', { Binds: ['data:/data', '/:/host'] }],
  ['Binds', { Binds: ['/var/run/docker.sock:/s:ro'] }],
  ['Binds', { Binds: ['./here:/x'] }],
  ['Mounts', { Mounts: [{ Type: 'bind', Source: '/', Target: '/host' }] }],
  ['Mounts', { Mounts: [{ Target: '/x', Source: '/' }] }],
  [
    'Mounts',
    { Mounts: [{ Type: 'volume', Target: '/x', VolumeOptions: { DriverConfig: { Options: { type: 'none', o: 'bind', device: '/' } } } }] },
  ],
  ['Mounts', { Mounts: [{ Type: 'volume', VolumeOptions: { DriverConfig: { Name: 'nfs' } } }] }],
  ['Mounts', { Mounts: [{ Type: 'tmpfs', TmpfsOptions: { Options: [['exec']] } }] }],
  ['Mounts', { Mounts: [{ Type: 'cluster' }] }],
  ['VolumesFrom', { VolumesFrom: ['db'] }],
  ['VolumeDriver', { VolumeDriver: 'nfs' }],
  ['Tmpfs', { Tmpfs: { '/x': 'rw,exec' } }],
  ['Ulimits', { Ulimits: [{ Name: 'nofile', Soft: -1, Hard: -1 }] }],
  ['OomKillDisable', { OomKillDisable: true }],
  ['OomScoreAdj', { OomScoreAdj: -500 }],
  ['LogConfig', { LogConfig: { Type: 'syslog' } }],
  ['LogConfig', { LogConfig: { Type: 'json-file', Config: { path: '/x' } } }],
  ['StorageOpt', { StorageOpt: { size: '1T' } }],
  ['NetworkMode', { NetworkMode: 'ns:/proc/1/ns/net' }],
  ['IpcMode', { IpcMode: 'container:db' }],
  ['Ulimits', { Ulimits: [{ Name: 'nofile', Soft: 1024, Hard: 2_000_000 }] }],
  ['ContainerIDFile', { ContainerIDFile: '/x' }],
  ['Cgroup', { Cgroup: 'container:db' }],
  ['CpuRealtimePeriod', { CpuRealtimePeriod: 1 }],
  ['CpuRealtimeRuntime', { CpuRealtimeRuntime: -1 }],
  ['BlkioWeightDevice', { BlkioWeightDevice: [{ Path: '/dev/sda', Weight: 1 }] }],
  ['Annotations', { Annotations: { 'run.oci.hooks.stdout': '/x' } }],
  ['FieldOfTheFuture', { FieldOfTheFuture: 0 }],
])('%s in %j needs more than the right to create', (field, config) => {
  expect(create(config)).toEqual([field]);
});

test('files need more where paths of the host are asked for', () => {
  const asked = (route: 'VolumeFileWrite' | 'ContainerArchive', hostBinds: unknown): string[] =>
    elevatedFields({ route, query: { path: '/', hostBinds }, body: undefined });
  expect([asked('VolumeFileWrite', '1'), asked('ContainerArchive', true)]).toEqual([['hostBinds'], ['hostBinds']]);
  expect([asked('VolumeFileWrite', '0'), asked('ContainerArchive', undefined)]).toEqual([[], []]);
});

test('an ordinary container needs nothing more', () => {
  const config = {
    ...{ Memory: 1, NanoCpus: 2, PidsLimit: 3, RestartPolicy: { Name: 'always' }, PortBindings: { '80/tcp': [{ HostPort: '8080' }] } },
    ...{ Binds: ['data:/data:ro'], Mounts: [{ Type: 'volume', Source: 'v', Target: '/v', VolumeOptions: { Labels: { a: 'b' } } }] },
    ...{
      Tmpfs: { '/t': 'rw,size=64m,mode=1777', '/u': '' },
      SecurityOpt: ['no-new-privileges'],
      CapDrop: ['ALL'],
      CapAdd: [],
      NetworkMode: 'backend',
    },
    ...{
      Ulimits: [{ Name: 'nofile', Soft: 1024, Hard: 65_536 }],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m' } },
      Privileged: false,
    },
    ...{ VolumeDriver: 'local', CpuRealtimePeriod: 0, CpuRealtimeRuntime: 0, PidMode: undefined, ContainerIDFile: '' },
    ...{ IpcMode: 'private', CgroupnsMode: 'private', PidMode: '', UTSMode: '', Runtime: '', Sysctls: {}, OomScoreAdj: 100, Init: true },
  };

  expect(create(config)).toEqual([]);
  expect(elevatedFields({ route: 'ContainerCreate', query: {}, body: {} })).toEqual([]);
});

test('empty texts and names of volumes give no power', () => {
  const mounts = [
    { Type: 'volume', Source: 'v', Target: '/v', VolumeOptions: { DriverConfig: { Name: 'local' } } },
    { Type: 'tmpfs', Target: '/t' },
  ];
  expect(create({ CgroupnsMode: '', VolumeDriver: '', Binds: ['/inside'], Mounts: mounts })).toEqual([]);
  expect(create({ Binds: ['/inside', '/:/host'] })).toEqual(['Binds']);
});

test.each<[Parameters<typeof elevatedFields>[0], string[]]>([
  [{ route: 'VolumeCreate', query: {}, body: { Name: 'v', DriverOpts: {} } }, []],
  [{ route: 'NetworkCreate', query: {}, body: { Name: 'n', IPAM: { Driver: 'other' } } }, ['IPAM']],
  [{ route: 'NetworkCreate', query: {}, body: { Name: 'n', IPAM: { Driver: 'default' } } }, []],
  [{ route: 'NetworkConnect', query: {}, body: { EndpointConfig: { DriverOpts: { a: 'b' } } } }, ['DriverOpts']],
  [
    { route: 'ContainerCreate', query: {}, body: { NetworkingConfig: { EndpointsConfig: { a: {}, b: { DriverOpts: { c: 'd' } } } } } },
    ['EndpointsConfig.DriverOpts'],
  ],
  [{ route: 'ContainerCreate', query: {}, body: { NetworkingConfig: { EndpointsConfig: { a: { DriverOpts: {} } } } } }, []],
  [{ route: 'ContainerUpdate', query: {}, body: { Devices: [{}], Memory: 1 } }, ['Devices']],
  [{ route: 'ContainerExec', query: {}, body: { Privileged: true, Cmd: ['sh'] } }, ['Privileged']],
  [{ route: 'ContainerExec', query: {}, body: { Cmd: ['sh'] } }, []],
  [{ route: 'VolumeCreate', query: {}, body: { Name: 'v', DriverOpts: { type: 'none', o: 'bind', device: '/' } } }, ['DriverOpts']],
  [{ route: 'VolumeCreate', query: {}, body: { Name: 'v', Driver: 'local' } }, []],
  [{ route: 'NetworkCreate', query: {}, body: { Name: 'n', Driver: 'macvlan', Options: { parent: 'eth0' } } }, ['Driver', 'Options']],
  [{ route: 'NetworkCreate', query: {}, body: { Name: 'n', Driver: 'bridge', Options: { 'com.docker.network.driver.mtu': '1400' } } }, []],
  [{ route: 'ImageBuild', query: { networkmode: 'host', securityopt: [] }, body: undefined }, ['networkmode']],
  [
    { route: 'ImageBuild', query: { remote: 'http://169.254.169.254/', outputs: 'type=local,dest=/' }, body: undefined },
    ['remote', 'outputs'],
  ],
  [
    { route: 'ImageBuild', query: { networkmode: 'ns:/proc/1/ns/net', ulimits: '[]', cgroupparent: '/' }, body: undefined },
    ['networkmode', 'ulimits', 'cgroupparent'],
  ],
  [{ route: 'ImageCreate', query: { fromSrc: 'http://169.254.169.254/' }, body: undefined }, ['fromSrc']],
  [{ route: 'ImageCreate', query: { fromSrc: '-' }, body: undefined }, []],
  [{ route: 'NetworkCreate', query: {}, body: { Name: 'n', IPAM: { Options: { a: 'b' } } } }, ['IPAM']],
  [{ route: 'ContainerStart', query: { checkpoint: 'c', 'checkpoint-dir': '/' }, body: undefined }, ['checkpoint', 'checkpoint-dir']],
  [{ route: 'ContainerStart', query: { checkpoint: '' }, body: undefined }, []],
  [{ route: 'ContainerUnlink', query: { link: '1' }, body: undefined }, []],
  [{ route: 'ContainerUnlink', query: { link: '0', force: '1' }, body: undefined }, ['DELETE without link']],
  [{ route: 'ContainerUnlink', query: {}, body: undefined }, ['DELETE without link']],
])('%j needs %j', (asked, fields) => {
  expect(elevatedFields(asked)).toEqual(fields);
});

test('a field that is there without a value gives no power', () => {
  const HostConfig = { MaskedPaths: undefined, Privileged: undefined, Devices: undefined };
  expect(elevatedFields({ route: 'ContainerCreate', query: {}, body: { HostConfig } })).toEqual([]);
});
