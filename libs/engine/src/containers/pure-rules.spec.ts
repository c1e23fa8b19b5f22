import { boundingSet, grantedCapabilities } from './capabilities.ts';
import type { ContainerRecord } from './container.ts';
import { processRights } from './runtime-spec.ts';
import { completeHostConfig } from './host-config.ts';
import { randomName } from './random-name.ts';
import { commandOf, mergedConfig, mergedEnv } from './requested-config.ts';
import { signalNumber } from './signals.ts';

const image = {
  ...{ env: ['PATH=/bin', 'A=1'], entrypoint: ['/entry'], command: ['serve'], workingDirectory: '/srv', user: 'www' },
  ...{ labels: { from: 'image' }, exposedPorts: ['80'], volumes: ['/data'], stopSignal: 'SIGQUIT', healthcheck: undefined },
};
const id = 'f'.repeat(64);
const defaults = { logDriver: 'json-file', logOptions: {}, cgroupNamespace: 'host', runtime: 'crun' } as const;

test('an image gives what the request leaves out', () => {
  const config = mergedConfig({ Image: 'web', Env: ['A=2', 'B=3'], Labels: { own: 'x' } }, image, id);

  expect(config).toMatchObject({ Hostname: 'ffffffffffff', User: 'www', WorkingDir: '/srv', StopSignal: 'SIGQUIT', Cmd: ['serve'] });
  expect(config).toMatchObject({ ExposedPorts: { '80/tcp': {} }, Volumes: { '/data': {} }, Labels: { from: 'image', own: 'x' } });
  expect(config.Env).toEqual(['A=2', 'B=3', 'PATH=/bin']);
  expect(commandOf(config)).toEqual(['/entry', 'serve']);
});

test("an entrypoint of the request takes the image's command away", () => {
  expect(commandOf(mergedConfig({ Entrypoint: ['/own'] }, image, id))).toEqual(['/own']);
  expect(commandOf(mergedConfig({ Entrypoint: [''], Cmd: ['ls'] }, image, id))).toEqual(['ls']);
});

test('nothing to run is refused', () => {
  expect(() => commandOf(mergedConfig({ Entrypoint: [''] }, image, id))).toThrow('no command specified');
});

test('a variable without = is taken away', () => {
  expect(mergedEnv(['A'], ['A=1', 'B=2'])).toEqual(['B=2']);
});

test.each([
  ['SIGTERM', 15],
  ['term', 15],
  ['9', 9],
  ['SIGRTMIN+3', 37],
  ['rtmax-1', 63],
])('signal %s is %d', (text, number) => {
  expect(signalNumber(text)).toBe(number);
});

test.each(['0', '65', 'SIGNOPE', 'RTMIN-1', ''])('signal %j is refused', (text) => {
  expect(() => signalNumber(text)).toThrow(`invalid signal: ${text}`);
});

test("capabilities are Docker's defaults, cut to what the engine has", () => {
  const none = { isPrivileged: false, add: [], drop: [] };
  const mask = (names: string[]): number => names.length;

  expect(mask(grantedCapabilities(none, (1n << 41n) - 1n))).toBe(14);
  expect(grantedCapabilities({ ...none, drop: ['ALL'], add: ['net_admin'] }, (1n << 41n) - 1n)).toEqual(['CAP_NET_ADMIN']);
  expect(grantedCapabilities({ ...none, isPrivileged: true }, boundingSet('CapBnd:\t0000000000000003\n'))).toEqual([
    'CAP_CHOWN',
    'CAP_DAC_OVERRIDE',
  ]);
  expect(() => grantedCapabilities({ ...none, add: ['FLY'] }, 0n)).toThrow('invalid CapAdd: unknown capability: "CAP_FLY"');
});

test.each([
  [{ Memory: 1024 }, 'Minimum memory limit allowed is 6MB'],
  [{ NanoCpus: 1e9, CpuQuota: 1000 }, 'Conflicting options'],
  [{ NanoCpus: 1e15 }, 'Range of CPUs'],
  [{ CpusetCpus: '0-9999' }, 'Requested CPUs are not available'],
  [{ RestartPolicy: { Name: 'perhaps' } }, "unknown policy 'perhaps'"],
  [{ AutoRemove: true, RestartPolicy: { Name: 'always' } }, 'AutoRemove'],
])('host config %j is refused', (requested, message) => {
  expect(() => completeHostConfig(requested, defaults)).toThrow(message);
});

test.each([
  [undefined, {}, { 'max-size': '10m', 'max-file': '5' }],
  [{ Type: 'json-file', Config: { tag: 'x' } }, {}, { tag: 'x', 'max-size': '10m', 'max-file': '5' }],
  [{ Type: 'json-file', Config: { 'max-size': '-1' } }, {}, { 'max-size': '-1' }],
  [undefined, { 'max-size': '1m' }, { 'max-size': '1m' }],
  [{ Type: 'none' }, {}, {}],
])('a log of %j has limits unless somebody speaks of them, as in the configuration %j', (LogConfig, logOptions, options) => {
  expect(completeHostConfig({ ...(LogConfig && { LogConfig }) }, { ...defaults, logOptions }).LogConfig.Config).toEqual(options);
});

test('a privileged container has no masked paths', () => {
  expect(completeHostConfig({ Privileged: true }, defaults)).toMatchObject({
    MaskedPaths: null,
    CgroupnsMode: 'host',
    NetworkMode: 'bridge',
  });
});

test.each([
  [true, ['apparmor=mine'], 'mine'],
  [true, ['apparmor:unconfined'], undefined],
  [true, [], undefined],
  [false, ['apparmor=mine'], undefined],
])('on a kernel with AppArmor: %s, %j runs under %s', (hasAppArmor, SecurityOpt, profile) => {
  const record = { hostConfig: completeHostConfig({ SecurityOpt }, defaults) } as ContainerRecord;
  const machine = { bounding: 0n, ownLimits: '', architecture: 'x64', hasAppArmor };
  const rights = processRights(record, { machine, user: { uid: 0, gid: 0, additionalGids: [] } });

  expect((rights as { apparmorProfile?: string }).apparmorProfile).toBe(profile);
});

test('a random name is two words', () => {
  expect(randomName(0)).toMatch(/^[a-z]+_[a-z]+$/);
});
