import { closedAfterEach } from '@gantry/base/testing';
import { Failure } from '@gantry/base';
import { ApiVersion, type Engine, type EngineRequest, routed } from '@gantry/engine-api';
import { checkAnswer } from '@gantry/engine-api/testing';
import type { Containers } from '../containers/containers.ts';
import { NetworkWorld } from '../networks/testing/network-world.ts';
import { networkHandlers } from './networks.ts';

const opened = closedAfterEach();
const signal = new AbortController().signal;

async function engine(): Promise<{ world: NetworkWorld; at: Engine }> {
  const world = opened.use(await NetworkWorld.open());
  const find = (name: string): never => {
    throw new Failure('not-found', `No such container: ${name}`);
  };
  const containers = { find } as unknown as Containers;
  const versions = { oldest: ApiVersion.oldest, newest: ApiVersion.newest };
  return { world, at: routed(networkHandlers({ networks: world.networks, containers }), { server: 'test', versions }) };
}

async function ask(at: Engine, line: string, body?: unknown): Promise<{ status: number; value: unknown }> {
  const [method, target = ''] = line.split(' ') as [EngineRequest['method'], string?];
  const response = await at({
    method,
    target,
    headers: new Map(body === undefined ? [] : [['content-type', 'application/json']]),
    upgrade: 'none',
    caller: { kind: 'process' },
    signal,
    body: (async function* () {
      if (body !== undefined) yield await Promise.resolve(Buffer.from(JSON.stringify(body)));
    })(),
  });
  if (response.kind !== 'plain' || !(response.body instanceof Uint8Array)) throw new Error('not a whole answer');
  const text = Buffer.from(response.body).toString();
  return { status: response.status, value: text === '' ? undefined : (JSON.parse(text) as unknown) };
}

const failed = (message: string): { message: unknown } => ({ message: expect.stringContaining(message) });

test('the predefined networks are listed as Docker shows them', async () => {
  const { at } = await engine();

  const { value } = await ask(at, 'GET /v1.41/networks');

  for (const network of value as object[]) checkAnswer('Network', network);
  expect(value).toEqual([
    expect.objectContaining({ Name: 'bridge', Driver: 'bridge', Scope: 'local', Containers: {}, Internal: false }),
    expect.objectContaining({ Name: 'host', Driver: 'host', Options: {} }),
    expect.objectContaining({ Name: 'none', Driver: 'null', IPAM: { Driver: 'default', Options: null, Config: [] } }),
  ]);
  expect((value as object[])[0]).toMatchObject({
    IPAM: { Config: [{ Subnet: '172.17.0.0/16', Gateway: '172.17.0.1' }] },
    Options: { 'com.docker.network.bridge.default_bridge': 'true', 'com.docker.network.driver.mtu': '1500' },
  });
});

test('a network is created, inspected with its containers, and removed', async () => {
  const { world, at } = await engine();
  const body = {
    Name: 'front',
    Labels: { tier: 'web' },
    IPAM: { Config: [{ Subnet: '10.77.0.0/24', IPRange: '10.77.0.64/26', AuxiliaryAddresses: { printer: '10.77.0.66' } }] },
  };

  const { status, value } = await ask(at, 'POST /networks/create', body);
  expect(status).toBe(201);
  const { Id: id } = value as { Id: string };
  const sandbox = await world.networks.join(world.request('web', { networkMode: 'front' }), signal);
  const inspected = await ask(at, `GET /networks/${id.slice(0, 10)}`);

  checkAnswer('Network', inspected.value);
  expect(inspected.value).toMatchObject({
    Name: 'front',
    IPAM: {
      Config: [{ Subnet: '10.77.0.0/24', IPRange: '10.77.0.64/26', Gateway: '10.77.0.64', AuxiliaryAddresses: { printer: '10.77.0.66' } }],
    },
    Containers: {
      [world.request('web').container]: { Name: 'web', IPv4Address: '10.77.0.65/24', EndpointID: sandbox.endpoints[0]?.endpointId },
    },
  });
  expect(await ask(at, 'DELETE /networks/front')).toEqual({ status: 403, value: failed('has active endpoints') });
  await world.networks.leave(world.request('web').container);
  expect((await ask(at, 'DELETE /networks/front')).status).toBe(204);
  expect(await ask(at, 'GET /networks/front')).toEqual({ status: 404, value: { message: 'network front not found' } });
  expect((await world.kernel.listLinks()).map(({ name }) => name)).not.toContain(`g${world.instance}${id.slice(0, 6)}`);
});

test.each([
  [{ Name: '' }, 400, 'invalid name: '],
  [{ Name: ' ' }, 400, 'invalid name:  '],
  [{ Name: 'bridge' }, 403, 'operation is not permitted on predefined bridge network'],
  [{ Name: 'x', Driver: 'nosuch' }, 404, 'plugin "nosuch" not found'],
  [{ Name: 'x', Driver: 'host' }, 403, 'only one instance of "host" network is allowed'],
  [{ Name: 'x', IPAM: { Config: [{ Subnet: '10.0.0.0/33' }] } }, 400, 'invalid CIDR address: 10.0.0.0/33'],
  [{ Name: 'x', IPAM: { Config: [{ Subnet: '172.17.5.0/24' }] } }, 403, 'Pool overlaps with other one on this address space'],
  [{ Name: 'x', IPAM: { Config: [{ Subnet: '10.0.0.0/24', Gateway: '10.0.1.1' }] } }, 400, 'no matching subnet for gateway 10.0.1.1'],
  [
    { Name: 'x', IPAM: { Config: [{ Subnet: '172.17.5.0/24' }] } },
    403,
    'Pool overlaps with other one on this address space: 172.17.5.0/24 overlaps 172.17.0.0/16 of network bridge',
  ],
  [{ Name: 'x', IPAM: { Config: [{ Subnet: '10.0.0.0/24' }, { Subnet: '10.0.1.0/24' }] } }, 403, "doesn't support multiple subnets"],
  [{ Name: 'x', IPAM: { Config: [{ Subnet: '10.0.0.0/31' }] } }, 400, 'subnet 10.0.0.0/31 is too small'],
  [{ Name: 'x', IPAM: { Config: [{ Subnet: '10.0.0.0/24', Gateway: '10.0.0.255' }] } }, 400, 'failed to allocate gateway (10.0.0.255)'],
  [{ Name: 'x', IPAM: { Config: [{ Subnet: '10.0.0.0/24', Gateway: 'y' }] } }, 400, 'invalid gateway address y in Ipam configuration'],
  [
    { Name: 'x', IPAM: { Config: [{ Subnet: '10.0.0.0/24', Gateway: '10.0.0.1', AuxiliaryAddresses: { a: '10.0.0.1' } }] } },
    400,
    'failed to allocate secondary ip address (a:10.0.0.1): Address already in use',
  ],
  [{ Name: 'x', IPAM: { Config: [{ Gateway: '10.0.0.1' }] } }, 400, 'a gateway needs a subnet: 10.0.0.1'],
  [{ Name: 'x', EnableIPv4: false }, 400, 'IPv4 or IPv6 must be enabled'],
  [
    { Name: 'x', Options: { 'com.docker.network.enable_ipv4': 'x' } },
    400,
    'driver-opt "com.docker.network.enable_ipv4" is not a valid bool',
  ],
  [{ Name: 'x', ConfigFrom: { Network: 'nosuch' } }, 404, 'configuration network "nosuch" does not exist'],
  [{ Name: 'x', ConfigFrom: { Network: 'bridge' } }, 404, 'configuration network "bridge" does not exist'],
  [{ Name: 'x', ConfigFrom: { Network: 'y' }, ConfigOnly: true }, 403, 'a configuration network cannot depend on another configuration'],
  [{ Name: 'x', ConfigFrom: { Network: 'y' }, EnableIPv6: true }, 403, 'user-specified configurations are not supported if the network'],
  [
    { Name: 'x', ConfigFrom: { Network: 'y' }, Options: { parent: 'eth0' } },
    403,
    'network driver options are not supported if the network',
  ],
  [{ Name: 'x', ConfigOnly: true, Internal: true }, 403, 'configuration network can only contain network specific fields'],
  [
    { Name: 'x', ConfigOnly: true, IPAM: { Config: [{ Subnet: '10.0.0.0/24', Gateway: '10.1.0.1' }] } },
    400,
    'no matching subnet for gateway',
  ],
  [
    { Name: 'x', Options: { 'com.docker.network.bridge.enable_icc': 'maybe' } },
    400,
    'failed to parse com.docker.network.bridge.enable_icc',
  ],
  [{ Name: 'x', Options: { 'com.docker.network.bridge.host_binding_ipv4': 'y' } }, 400, 'host_binding_ipv4 value: y (nil ip)'],
  [{ Name: 'x', Ingress: true }, 403, 'Ingress network can only be global scope network'],
  [{ Name: 'x', Scope: 'swarm' }, 403, 'cannot create a swarm scoped network when swarm is not active'],
  [{ Name: 'x', Options: { 'com.docker.network.driver.mtu': 'big' } }, 400, 'invalid value for com.docker.network.driver.mtu: big'],
  [{ Name: 'x', Options: { 'com.docker.network.bridge.name': 'name-that-is-too-long' } }, 400, 'invalid bridge name'],
])('the wrong request %j is refused with %i and nothing is made', async (body, status, message) => {
  const { world, at } = await engine();
  const links = (await world.kernel.listLinks()).length;

  expect(await ask(at, 'POST /networks/create', body)).toEqual({ status, value: failed(message) });

  expect(world.networks.list()).toHaveLength(3);
  expect((await world.kernel.listLinks()).length).toBe(links);
});

test('a network without IPv4 is shown so to clients that know of it, and asked for by an option by those that do not', async () => {
  const { at } = await engine();
  const ipam = { Config: [{ Subnet: 'fd77::/64' }] };

  expect((await ask(at, 'POST /v1.48/networks/create', { Name: 'six', EnableIPv4: false, EnableIPv6: true, IPAM: ipam })).status).toBe(201);
  expect((await ask(at, 'POST /v1.47/networks/create', { Name: 'both', EnableIPv4: false, EnableIPv6: true })).status).toBe(201);
  const options = { 'com.docker.network.enable_ipv4': 'false', 'com.docker.network.enable_ipv6': 'true' };
  expect((await ask(at, 'POST /v1.41/networks/create', { Name: 'option', Options: options })).status).toBe(201);

  const { value } = await ask(at, 'GET /v1.48/networks');
  for (const network of value as object[]) checkAnswer('Network', network);
  expect(value).toEqual([
    expect.objectContaining({ Name: 'bridge', EnableIPv4: true, EnableIPv6: false }),
    expect.objectContaining({ Name: 'host', EnableIPv4: false }),
    expect.objectContaining({ Name: 'none', EnableIPv4: false }),
    expect.objectContaining({
      Name: 'six',
      EnableIPv4: false,
      EnableIPv6: true,
      IPAM: { Driver: 'default', Options: {}, Config: [{ Subnet: 'fd77::/64', Gateway: 'fd77::1' }] },
    }),
    expect.objectContaining({ Name: 'both', EnableIPv4: true, EnableIPv6: true }),
    expect.objectContaining({ Name: 'option', EnableIPv4: false, EnableIPv6: true, Options: options }),
  ]);
  expect((await ask(at, 'GET /v1.47/networks/six')).value).not.toHaveProperty('EnableIPv4');
});

test('a configuration is settings alone: it overlaps nothing, is shown as it was given, used by others and kept while it is', async () => {
  const { world, at } = await engine();
  const config = [
    { Subnet: '10.78.0.0/24', IPRange: '10.78.0.128/25' },
    { Subnet: 'fd78::/64', Gateway: 'fd78::9' },
  ];
  const settings = {
    Labels: { tier: 'web' },
    Options: { 'com.docker.network.driver.mtu': '1400' },
    EnableIPv6: true,
    IPAM: { Config: config },
  };
  const links = (await world.kernel.listLinks()).length;

  expect((await ask(at, 'POST /networks/create', { Name: 'settings', ConfigOnly: true, Driver: 'bridge', ...settings })).status).toBe(201);
  expect((await world.kernel.listLinks()).length).toBe(links);
  expect((await ask(at, 'POST /networks/create', { Name: 'front', ConfigFrom: { Network: 'settings' } })).status).toBe(201);
  const shown = await ask(at, 'GET /v1.48/networks/settings');
  const made = await ask(at, 'GET /v1.48/networks/front');

  checkAnswer('Network', shown.value);
  expect(shown.value).toMatchObject({ Driver: 'null', Scope: 'local', ConfigOnly: true, ConfigFrom: { Network: '' }, EnableIPv6: true });
  expect(shown.value).toHaveProperty('IPAM', { Driver: 'default', Options: {}, Config: config });
  expect(made.value).toMatchObject({
    ...{ Driver: 'bridge', ConfigOnly: false, ConfigFrom: { Network: 'settings' }, EnableIPv4: true, EnableIPv6: true },
    ...{ Labels: settings.Labels, Options: settings.Options },
    IPAM: { Config: [{ ...config[0], Gateway: '10.78.0.128' }, config[1]] },
  });
  expect(await ask(at, 'POST /networks/create', { Name: 'again', ConfigFrom: { Network: 'settings' } })).toEqual({
    status: 403,
    value: failed('Pool overlaps with other one on this address space'),
  });
  expect(await ask(at, 'DELETE /networks/settings')).toEqual({ status: 403, value: failed('configuration network "settings" is in use') });
  expect((await ask(at, 'DELETE /networks/front')).status).toBe(204);
  expect((await ask(at, 'POST /networks/prune')).value).toEqual({ NetworksDeleted: null });
  expect((await ask(at, 'DELETE /networks/settings')).status).toBe(204);
});

test('a named subnet that this host reaches elsewhere is taken with a warning, on the network of the host itself without', async () => {
  const { world, at } = await engine();
  const create = async (body: object): Promise<string> => {
    const { status, value } = await ask(at, 'POST /networks/create', body);
    expect(status).toBe(201);
    return (value as { Warning: string }).Warning;
  };
  await world.inside(world.base, ['ip', 'route', 'add', '10.88.0.0/16', 'via', '10.99.0.2']);

  expect(await create({ Name: 'a', IPAM: { Config: [{ Subnet: '10.99.0.128/25' }] } })).toBe(
    'subnet 10.99.0.128/25 overlaps 10.99.0.0/24, which this host reaches by out0: one of the two will not be reached',
  );
  expect(await create({ Name: 'b', IPAM: { Config: [{ Subnet: '10.88.5.0/24' }] } })).toContain('overlaps 10.88.0.0/16');
  expect(await create({ Name: 'c', IPAM: { Config: [{ Subnet: '10.89.5.0/24' }] } })).toBe('');
  expect(await create({ Name: 'd' })).toBe('');
  const onHost = { Driver: 'macvlan', Options: { parent: 'out0' }, IPAM: { Config: [{ Subnet: '10.99.0.0/25' }] } };
  expect(await create({ Name: 'e', ...onHost })).toBe('');
});

test('lists are filtered, prune takes what is unused and matches', async () => {
  const { world, at } = await engine();
  for (const name of ['front', 'back', 'used']) await ask(at, 'POST /networks/create', { Name: name, Labels: { [`is-${name}`]: '1' } });
  await world.networks.join(world.request('web', { networkMode: 'used' }), signal);
  const names = async (filters: object): Promise<string[]> => {
    const { value } = await ask(at, `GET /networks?filters=${encodeURIComponent(JSON.stringify(filters))}`);
    return (value as { Name: string }[]).map(({ Name }) => Name);
  };

  expect(await names({ type: ['custom'] })).toEqual(['front', 'back', 'used']);
  expect(await names({ dangling: ['true'] })).toEqual(['front', 'back']);
  expect(await names({ label: ['is-back'] })).toEqual(['back']);
  expect(await names({ driver: ['null'] })).toEqual(['none']);
  expect(await ask(at, 'GET /networks?filters={"type":["x"]}')).toEqual({ status: 400, value: failed("invalid filter 'type=[x]'") });
  expect(await ask(at, 'POST /networks/create', { Name: 'front' })).toEqual({
    status: 409,
    value: failed('network with name front already exists'),
  });

  expect((await ask(at, 'POST /networks/prune?filters={"label!":["is-back"]}')).value).toEqual({ NetworksDeleted: ['front'] });
  expect((await ask(at, 'POST /networks/prune')).value).toEqual({ NetworksDeleted: ['back'] });
  expect((await ask(at, 'POST /networks/prune')).value).toEqual({ NetworksDeleted: null });
  expect(await names({})).toEqual(['bridge', 'host', 'none', 'used']);
});

test('connecting needs a container that is there', async () => {
  const { at } = await engine();

  expect(await ask(at, 'POST /networks/bridge/connect', { Container: 'ghost' })).toEqual({
    status: 404,
    value: failed('No such container: ghost'),
  });
  expect(await ask(at, 'POST /networks/ghost/connect', { Container: 'x' })).toEqual({
    status: 404,
    value: failed('network ghost not found'),
  });
  expect(await ask(at, 'DELETE /networks/host')).toEqual({
    status: 403,
    value: failed('host is a pre-defined network and cannot be removed'),
  });
});
