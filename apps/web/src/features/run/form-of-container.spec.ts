import { fullForm } from '../../testing/full-form.ts';
import { composeYaml } from './compose-yaml.ts';
import { createBody } from './create-body.ts';
import { dockerRun } from './docker-run.ts';
import { foreignPlatform } from './foreign-platform.ts';
import { formOfContainer } from './form-of-container.ts';
import { asDuplicate } from './read-origin.ts';
import { canBeLive, changesOf, updateBody, updateCommand } from './run-changes.ts';
import { emptyForm, emptyNetwork, type RunForm } from './run-form.ts';

type Fields = Record<string, unknown>;

/** What an engine tells of a container that was made of a form, with what it fills in by itself. */
function inspectedOf(form: RunForm, more: Fields = {}): Fields {
  const { HostConfig, NetworkingConfig, ...config } = createBody(form) as Fields & { HostConfig: Fields; NetworkingConfig?: Fields };
  const endpoints = (NetworkingConfig?.['EndpointsConfig'] ?? {}) as Fields;
  const links = ((HostConfig['Links'] ?? []) as string[]).map(
    (link) => `/${link.split(':')[0] ?? ''}:/${form.name}/${link.split(':')[1] ?? ''}`,
  );
  return {
    Id: 'abcdef012345'.padEnd(64, '0'),
    Name: `/${form.name}`,
    Config: config,
    HostConfig: {
      ...{
        MemorySwap: 0,
        PidsLimit: null,
        Runtime: 'runc',
        ShmSize: 67_108_864,
        IpcMode: 'private',
        CgroupnsMode: 'private',
        NetworkMode: 'default',
      },
      ...{ LogConfig: { Type: 'json-file', Config: {} }, MaskedPaths: ['/proc/kcore'], ReadonlyPaths: ['/proc/sys'], ConsoleSize: [0, 0] },
      ...HostConfig,
      ...(links.length ? { Links: links } : {}),
    },
    NetworkSettings: { Networks: endpoints },
    ...more,
  };
}

test('a container is made again as it was', () => {
  const expected = {
    ...fullForm,
    // Options that say nothing of the container, and what is written in another way.
    ...{ pull: 'missing' as const, platform: '', command: `--greet 'it'\\''s $5'` },
    ...{
      devices: '/dev/fuse:/dev/fuse:rw\n/dev/net/tun:/dev/tun:rwm',
      mounts: fullForm.mounts.filter(({ target }) => target !== '/cache'),
    },
    networks: fullForm.networks.map((network) => ({ ...network, mac: '' })),
    ports: [
      ...fullForm.ports.slice(0, 2),
      { host: '[::1]:9000', container: '9000', protocol: 'tcp' as const },
      { host: '[::1]:9001', container: '9001', protocol: 'tcp' as const },
      ...fullForm.ports.slice(3),
    ],
    ...{ cgroupnsMode: '', healthStartPeriod: '90s' },
  };
  expect(formOfContainer({ inspected: inspectedOf(fullForm) })).toEqual(expected);
});

test('what comes from the image is not asked for again, so that a newer one brings its own', () => {
  const image = {
    Env: ['PATH=/bin', 'VERSION=1'],
    Cmd: ['serve'],
    Entrypoint: ['/entry'],
    Labels: { a: '1' },
    WorkingDir: '/app',
    ExposedPorts: { '80/tcp': {} },
  };
  const config = {
    Image: 'shop:1',
    Env: ['PATH=/bin', 'VERSION=1', 'OWN=2'],
    Cmd: ['serve'],
    Entrypoint: ['/entry'],
    Labels: { a: '1', b: '2' },
  };
  const inspected = {
    Id: 'f'.repeat(64),
    Name: '/web',
    Config: { ...config, WorkingDir: '/app', ExposedPorts: { '80/tcp': {} }, Hostname: 'f'.repeat(12) },
    HostConfig: {},
  };
  const read = formOfContainer({ inspected, image });

  expect(read).toEqual({
    ...emptyForm,
    ...{ image: 'shop:1', name: 'web', restart: 'no', environment: [{ name: 'OWN', value: '2' }], labels: [{ name: 'b', value: '2' }] },
  });
  const own = formOfContainer({ inspected: { ...inspected, Config: { ...config, Entrypoint: ['/other'] } }, image });
  expect([own.entrypoint, own.command]).toEqual(['/other', 'serve']);
});

test('a hardware address stays that somebody chose, not one that the engine made of the address', () => {
  const made = { IPAddress: '10.5.0.9', MacAddress: '02:42:0a:05:00:09' };
  const chosen = { IPAddress: '10.5.0.9', MacAddress: '02:42:0A:05:00:FF' };
  const read = (mode: string, networks: Fields, { derivesMacs = true, config = {} } = {}): string[] => {
    const inspected = { Id: 'f'.repeat(64), Name: '/db', Config: { Image: 'shop', ...config }, HostConfig: { NetworkMode: mode } };
    const form = formOfContainer({ inspected: { ...inspected, NetworkSettings: { Networks: networks } }, defaults: { derivesMacs } });
    return form.networks.map(({ name, mac }) => `${name} ${mac}`);
  };
  expect(read('back', { back: chosen, front: made })).toEqual(['back 02:42:0a:05:00:ff', 'front ']);
  expect(read('back', { back: { IPAddress: '', MacAddress: '' } })).toEqual(['back ']);
  expect(read('back', { back: chosen }, { derivesMacs: false })).toEqual(['back ']);
  expect(read('back', { back: made }, { derivesMacs: false, config: { MacAddress: '02:00:00:00:00:01' } })).toEqual([
    'back 02:00:00:00:00:01',
  ]);
  expect(read('default', { bridge: made })).toEqual([]);
  expect(read('bridge', { bridge: chosen })).toEqual(['bridge 02:42:0a:05:00:ff']);
});

test('a hardware address in the default bridge is in the request, the command and the compose file', () => {
  const form: RunForm = { ...emptyForm, image: 'shop:1', networks: [{ ...emptyNetwork, name: 'bridge', mac: '02:00:00:00:00:01' }] };
  expect(createBody(form)).toMatchObject({ NetworkingConfig: { EndpointsConfig: { bridge: { MacAddress: '02:00:00:00:00:01' } } } });
  expect(dockerRun(form)).toContain('--network bridge \\\n  --mac-address 02:00:00:00:00:01');
  expect(composeYaml(form)).toContain('mac_address: "02:00:00:00:00:01"');
});

test('the platform of an image for another machine stays, so that a newer image is for the same; that of the host is not named', () => {
  const arm = { Os: 'linux', Architecture: 'arm', Variant: 'v7' };
  expect([foreignPlatform(arm, 'x86_64'), foreignPlatform(arm, 'armv7l'), foreignPlatform(arm, undefined)]).toEqual([
    'linux/arm/v7',
    '',
    '',
  ]);
  expect(foreignPlatform({ Os: 'linux', Architecture: 'amd64', Variant: '' }, 'x86_64')).toBe('');
  const inspected = { Id: 'f'.repeat(64), Name: '/db', Config: { Image: 'shop' }, HostConfig: {} };
  expect(formOfContainer({ inspected, platform: 'linux/arm/v7' }).platform).toBe('linux/arm/v7');
});

test('a hidden value is not taken for one of the image', () => {
  const hiding = {
    ...{ Env: ['TOKEN=********', 'MODE=one'], Labels: { token: '********', tier: 'web' } },
    ...{ Cmd: ['serve', '--password', '********'], Healthcheck: { Test: ['CMD-SHELL', 'ask --token ********'] } },
  };
  const inspected = { Id: 'f'.repeat(64), Name: '/web', Config: { Image: 'shop', ...hiding }, HostConfig: {} };
  expect(formOfContainer({ inspected, image: hiding })).toMatchObject({
    environment: [{ name: 'TOKEN', value: '********' }],
    labels: [{ name: 'token', value: '********' }],
    command: `serve --password '********'`,
    healthCommand: 'ask --token ********',
  });
});

test('a volume without a name is kept by the one that the engine gave it, and a duplicate gets one of its own', () => {
  const volume = 'c'.repeat(64);
  const inspected = {
    ...{ Id: 'f'.repeat(64), Name: '/db', Config: { Image: 'postgres', Hostname: 'db' } },
    HostConfig: { Binds: ['named:/named'], PortBindings: { '5432/tcp': [{ HostIp: '127.0.0.1', HostPort: '5432' }] }, NetworkMode: 'back' },
    Mounts: [
      { Type: 'volume', Name: 'named', Destination: '/named', RW: true },
      { Type: 'volume', Name: volume, Destination: '/data', RW: true },
    ],
    NetworkSettings: {
      Networks: { back: { Aliases: ['database', 'ffffffffffff'], IPAMConfig: { IPv4Address: '10.5.0.2' }, IPAddress: '10.5.0.2' } },
    },
  };
  const read = formOfContainer({ inspected });
  expect(createBody(read)).toMatchObject({
    HostConfig: { Binds: ['named:/named', `${volume}:/data`], NetworkMode: 'back' },
    NetworkingConfig: { EndpointsConfig: { back: { Aliases: ['database'], IPAMConfig: { IPv4Address: '10.5.0.2' } } } },
  });

  const copy = createBody(asDuplicate(read));
  expect(copy).toMatchObject({
    HostConfig: {
      Binds: ['named:/named'],
      Mounts: [{ Type: 'volume', Target: '/data' }],
      PortBindings: { '5432/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] },
    },
  });
  expect(JSON.stringify(copy)).not.toContain('10.5.0.2');
});

test('settings that no field has a place for are kept as JSON', () => {
  const mounts = [{ Type: 'volume', Source: 'v', Target: '/v', VolumeOptions: { Subpath: 'x' } }];
  const requests = [{ Driver: 'cdi', DeviceIDs: ['vendor.com/x=1'], Capabilities: null, Options: null }];
  const inspected = { Id: 'f'.repeat(64), Name: '/w', Config: { Image: 'x' }, HostConfig: { Mounts: mounts, DeviceRequests: requests } };
  expect(createBody(formOfContainer({ inspected }))['HostConfig']).toMatchObject({ Mounts: mounts, DeviceRequests: requests });
});

test('limits are changed while it runs, and nothing else is', () => {
  const before: RunForm = { ...emptyForm, image: 'x', name: 'web', memory: '256m' };
  const limits = { ...before, memory: '512m', cpus: '2', restart: 'on-failure', restartTries: '3' } as const;
  const changes = changesOf(before, limits);

  expect(canBeLive(changes)).toBe(true);
  expect(updateBody(changes, limits)).toEqual({
    ...{ Memory: 536_870_912, MemorySwap: 1_073_741_824, NanoCpus: 2_000_000_000 },
    RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
  });
  expect(updateCommand(changes, limits, 'web')).toBe('docker update --restart on-failure:3 --cpus 2 --memory 512m web');
  expect(canBeLive(changesOf(before, { ...before, memory: '' }))).toBe(false);
  expect(canBeLive(changesOf(before, { ...limits, image: 'y' }))).toBe(false);
  expect(changesOf(before, { ...before, pull: 'always' })).toEqual([]);
});
