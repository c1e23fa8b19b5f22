import { ApiVersion } from '@gantry/engine-api';
import { containerInspect, containerSummary } from './container-shapes.ts';
import { bodyOfVersion, createWarnings } from './create-versions.ts';

const at = (text: string): ApiVersion => ApiVersion.parse(text);
const endpoint = { Aliases: ['db'], DNSNames: ['web', 'db', '0123456789ab'], GwPriority: 0, NetworkID: 'n' };
const container = {
  Id: '0123456789abcdef',
  HostConfig: { NetworkMode: 'front', Annotations: { a: 'b' } },
  NetworkSettings: { Networks: { front: endpoint } },
};

test.each([
  ['1.24', { KernelMemory: 0, KernelMemoryTCP: 0 }, { Aliases: ['db', '0123456789ab'] }],
  ['1.41', { KernelMemory: 0, KernelMemoryTCP: 0 }, { Aliases: ['db', '0123456789ab'] }],
  ['1.44', { Annotations: { a: 'b' } }, { Aliases: ['db', '0123456789ab'], DNSNames: endpoint.DNSNames }],
  ['1.51', { Annotations: { a: 'b' } }, { Aliases: ['db'], DNSNames: endpoint.DNSNames, GwPriority: 0 }],
])('inspect of API %s has the fields of its time', (version, host, network) => {
  expect(containerInspect(at(version), container)).toEqual({
    Id: container.Id,
    HostConfig: { NetworkMode: 'front', ...host },
    NetworkSettings: { Networks: { front: { NetworkID: 'n', ...network } } },
  });
});

test.each([
  ['1.41', {}],
  ['1.51', { Annotations: { a: 'b' } }],
])('a row of the list of API %s has the fields of its time', (version, host) => {
  expect(containerSummary(at(version), container)).toMatchObject({ HostConfig: { NetworkMode: 'front', ...host } });
});

test.each([
  ['1.39', { IpcMode: 'shareable', CgroupnsMode: 'host' }],
  ['1.40', { CgroupnsMode: 'host' }],
  ['1.41', {}],
])('what a request of API %s leaves out is what it was then', (version, meant) => {
  expect(bodyOfVersion(at(version), { HostConfig: {} })).toEqual({ HostConfig: meant });
  expect(bodyOfVersion(at(version), {})).toEqual({});
  const said = { HostConfig: { IpcMode: 'private', CgroupnsMode: 'private' } };
  expect(bodyOfVersion(at(version), said)).toEqual(said);
});

test('several networks at once came with API 1.44, and a MAC address for all of them went', () => {
  const several = { NetworkingConfig: { EndpointsConfig: { one: {}, two: {} } } };

  expect(() => createWarnings(at('1.43'), several)).toThrow('Container cannot be connected to network endpoints: one, two');
  expect(createWarnings(at('1.44'), several)).toEqual([]);
  expect(createWarnings(at('1.43'), { MacAddress: '02:42:00:00:00:09' })).toEqual([]);
  expect(createWarnings(at('1.44'), { MacAddress: '02:42:00:00:00:09' })).toEqual([expect.stringContaining('now deprecated')]);
});
