import { askUntil } from '../ask-until.ts';
import { fetchOnHost } from '../docker-cli.ts';
import { ask, type EngineUnderTest } from '../engine-under-test.ts';
import { createContainer, inspect, runContainer, uniqueName } from '../fixtures.ts';
import { differing } from './differences.ts';
import { specsOf } from './specs-of.ts';

const unfitting: readonly (readonly [config: readonly object[], words: RegExp])[] = [
  [[{ Subnet: '10.214.7.0/24' }, { Subnet: '10.214.8.0/24' }], /^bridge driver doesn't support multiple subnets/],
  [[{ Subnet: '10.214.7.0/31' }], /no available addresses on this pool/i],
  [[{ Subnet: '10.214.7.0/24', Gateway: '10.214.7.255' }], /^failed to allocate gateway \(10\.214\.7\.255\)/],
  [
    [{ Subnet: '10.214.7.0/24', Gateway: '10.214.7.1', AuxiliaryAddresses: { a: '10.214.7.1' } }],
    /^failed to allocate secondary ip address \(a:10\.214\.7\.1\): Address already in use/,
  ],
];

/** Networks. */
export function networkConformance(engine: () => EngineUnderTest): void {
  const test = specsOf(engine);

  test('three networks are there from the start and stay', async () => {
    const { value } = await ask(engine(), 'GET /networks', { as: 'Network[]' });

    expect((value as { Name: string; Driver: string }[]).map(({ Name, Driver }) => `${Name} ${Driver}`)).toEqual(
      expect.arrayContaining(['bridge bridge', 'host host', 'none null']),
    );
    expect(await ask(engine(), 'DELETE /networks/bridge')).toMatchObject({
      status: 403,
      message: expect.stringMatching(/bridge is a pre-defined network and cannot be removed/) as unknown,
    });
  });

  test('a network is created with its addresses, inspected and removed', async () => {
    const name = uniqueName('net');
    const body = {
      Name: name,
      Labels: { team: 'web' },
      Internal: true,
      IPAM: { Config: [{ Subnet: '10.214.7.0/24', Gateway: '10.214.7.1' }] },
    };

    const created = await ask(engine(), 'POST /networks/create', { body, as: 'NetworkCreateResponse' });

    expect(created.status).toBe(201);
    const { Id } = created.value as { Id: string };
    for (const reference of [name, Id, Id.slice(0, 12)]) {
      expect((await ask(engine(), `GET /networks/${reference}`, { as: 'NetworkInspect' })).value).toMatchObject({
        Id,
        Name: name,
        Driver: 'bridge',
        Scope: 'local',
        Internal: true,
        Labels: { team: 'web' },
        IPAM: { Config: [{ Subnet: '10.214.7.0/24', Gateway: '10.214.7.1' }] },
        Containers: {},
      });
    }
    expect(await ask(engine(), `DELETE /networks/${name}`)).toMatchObject({ status: 204 });
    expect(await ask(engine(), `GET /networks/${name}`)).toMatchObject({ status: 404, message: `network ${name} not found` });
  });

  test('the name of a network may hold anything but nothing', async () => {
    for (const start of ['two words ', ' -', 'a:', 'ä$_']) {
      const Name = uniqueName(start);
      const { status, value } = await ask(engine(), 'POST /networks/create', { body: { Name } });
      expect([Name, status]).toEqual([Name, 201]);
      const { Id } = value as { Id: string };
      expect((await ask(engine(), `GET /networks/${encodeURIComponent(Name)}`)).value).toMatchObject({ Id, Name });
      expect(await ask(engine(), `DELETE /networks/${Id}`)).toMatchObject({ status: 204 });
    }
    for (const Name of ['', ' '])
      expect(await ask(engine(), 'POST /networks/create', { body: { Name } })).toMatchObject({
        status: differing('statusOfBadInput', engine()),
        message: `invalid name: ${Name}`,
      });
  });

  test('a range gives the gateway its first address and containers the next ones, and not a taken one', async () => {
    const name = uniqueName('net');
    await ask(engine(), 'POST /networks/create', {
      body: {
        Name: name,
        IPAM: { Config: [{ Subnet: '10.214.9.0/24', IPRange: '10.214.9.64/26', AuxiliaryAddresses: { a: '10.214.9.66' } }] },
      },
    });
    const one = await runContainer(engine(), 'sleep 60', { HostConfig: { NetworkMode: name } });
    const two = await runContainer(engine(), 'sleep 60', { HostConfig: { NetworkMode: name } });
    const taken = await createContainer(engine(), {
      Cmd: ['sleep', '60'],
      HostConfig: { NetworkMode: name },
      NetworkingConfig: { EndpointsConfig: { [name]: { IPAMConfig: { IPv4Address: '10.214.9.65' } } } },
    });

    expect((await inspect(engine(), one)).value).toMatchObject({
      NetworkSettings: { Networks: { [name]: { IPAddress: '10.214.9.65', Gateway: '10.214.9.64' } } },
    });
    expect((await inspect(engine(), two)).value).toMatchObject({ NetworkSettings: { Networks: { [name]: { IPAddress: '10.214.9.67' } } } });
    expect(await ask(engine(), `POST /containers/${taken.id}/start`)).toMatchObject({
      status: 403,
      message: expect.stringMatching(/^Address already in use/) as unknown,
    });
    for (const { id } of [one, two, taken]) await ask(engine(), `DELETE /containers/${id}?force=1`);
    expect(await ask(engine(), `DELETE /networks/${name}`)).toMatchObject({ status: 204 });
  });

  test('addresses that do not go together are refused', async () => {
    for (const [config, words] of unfitting) {
      const created = await ask(engine(), 'POST /networks/create', { body: { Name: uniqueName('net'), IPAM: { Config: config } } });

      expect(created.status).toBeGreaterThanOrEqual(400);
      expect(created.message).toMatch(words);
    }
  });

  test('a network that overlaps another is refused', async () => {
    const name = uniqueName('net');
    await ask(engine(), 'POST /networks/create', { body: { Name: name, IPAM: { Config: [{ Subnet: '10.214.12.0/24' }] } } });

    const other = await ask(engine(), 'POST /networks/create', {
      body: { Name: `${name}-2`, IPAM: { Config: [{ Subnet: '10.214.12.128/25' }] } },
    });

    expect(other).toMatchObject({
      status: 403,
      message: expect.stringMatching(/^Pool overlaps with other one on this address space/) as unknown,
    });
    await ask(engine(), `DELETE /networks/${name}`);
  });

  test('a running container joins and leaves a network', async () => {
    const name = uniqueName('net');
    await ask(engine(), 'POST /networks/create', { body: { Name: name } });
    const container = await runContainer(engine(), 'sleep 60');

    expect(
      await ask(engine(), `POST /networks/${name}/connect`, { body: { Container: container.id, EndpointConfig: { Aliases: ['other'] } } }),
    ).toMatchObject({ status: 200 });
    expect((await inspect(engine(), container)).value).toMatchObject({
      NetworkSettings: { Networks: { [name]: { IPAddress: expect.stringMatching(/^\d/) as unknown } } },
    });
    expect((await ask(engine(), `DELETE /networks/${name}`)).status).toBe(403);
    expect(await ask(engine(), `POST /networks/${name}/disconnect`, { body: { Container: container.id } })).toMatchObject({ status: 200 });
    expect(await ask(engine(), `DELETE /networks/${name}`)).toMatchObject({ status: 204 });
    await ask(engine(), `DELETE /containers/${container.id}?force=1`);
  });

  test('a container that leaves the network of its mode and comes back, as docker-compose does it, is in it with the new names and its ports', async () => {
    const name = uniqueName('net');
    await ask(engine(), 'POST /networks/create', { body: { Name: name } });
    const container = await createContainer(engine(), {
      Cmd: ['sleep', '60'],
      ExposedPorts: { '80/tcp': {} },
      HostConfig: { NetworkMode: name, PortBindings: { '80/tcp': [{ HostPort: '' }] } },
    });

    await ask(engine(), `POST /networks/${name}/disconnect`, { body: { Container: container.id } });
    expect((await inspect(engine(), container)).value).toMatchObject({
      HostConfig: { NetworkMode: name },
      NetworkSettings: { Networks: expect.not.objectContaining({ [name]: expect.anything() as unknown }) as unknown },
    });
    await ask(engine(), `POST /networks/${name}/connect`, { body: { Container: container.id, EndpointConfig: { Aliases: ['other'] } } });
    await ask(engine(), `POST /containers/${container.id}/start`);

    expect((await inspect(engine(), container)).value).toMatchObject({
      HostConfig: { NetworkMode: name },
      NetworkSettings: {
        Ports: {
          '80/tcp': expect.arrayContaining([{ HostIp: '0.0.0.0', HostPort: expect.stringMatching(/^\d+$/) as unknown }]) as unknown,
        },
        Networks: { [name]: { Aliases: expect.arrayContaining(['other']) as unknown } },
      },
    });
    await ask(engine(), `DELETE /containers/${container.id}?force=1`);
    expect(await ask(engine(), `DELETE /networks/${name}`)).toMatchObject({ status: 204 });
  });

  test('a running container that leaves its network and comes back is reached at its port again', async () => {
    const name = uniqueName('net');
    await ask(engine(), 'POST /networks/create', { body: { Name: name } });
    const container = await runContainer(engine(), 'exec httpd -f -h /var/www', {
      ExposedPorts: { '80/tcp': {} },
      HostConfig: { NetworkMode: name, PortBindings: { '80/tcp': [{ HostPort: '' }] } },
    });

    await ask(engine(), `POST /networks/${name}/disconnect`, { body: { Container: container.id } });
    await ask(engine(), `POST /networks/${name}/connect`, { body: { Container: container.id } });
    const { value } = await inspect(engine(), container);
    const { Ports } = (value as { NetworkSettings: { Ports: Record<string, { HostPort: string }[]> } }).NetworkSettings;
    await askUntil(
      () => fetchOnHost(engine(), Number(Ports['80/tcp']?.[0]?.HostPort)),
      (body) => body === 'hello from busybox\n',
    );
    await ask(engine(), `DELETE /containers/${container.id}?force=1`);
    expect(await ask(engine(), `DELETE /networks/${name}`)).toMatchObject({ status: 204 });
  });

  test('a container has its address, its gateway and its ports in inspect', async () => {
    const container = await runContainer(engine(), 'sleep 60', {
      ExposedPorts: { '80/tcp': {} },
      HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] } },
    });

    expect((await inspect(engine(), container)).value).toMatchObject({
      NetworkSettings: {
        Ports: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: expect.stringMatching(/^\d+$/) as unknown }] },
        Networks: {
          bridge: {
            IPAddress: expect.stringMatching(/^\d+\./) as unknown,
            Gateway: expect.stringMatching(/^\d+\./) as unknown,
            MacAddress: expect.stringMatching(/^[0-9a-f:]{17}$/) as unknown,
          },
        },
      },
    });
    await ask(engine(), `DELETE /containers/${container.id}?force=1`);
  });

  test('a network that is not there is named when a container starts', async () => {
    const created = await ask(engine(), 'POST /containers/create', {
      body: { Image: 'busybox', HostConfig: { NetworkMode: 'none-such' } },
    });
    const isCreated = created.status === 201;
    const answer = isCreated ? await ask(engine(), `POST /containers/${(created.value as { Id: string }).Id}/start`) : created;

    // A 404 at create means a missing image: the docker CLI goes and pulls it.
    expect(answer).toMatchObject({
      status: isCreated ? 404 : 400,
      message: expect.stringMatching(/network none-such not found/) as unknown,
    });
  });

  test('a container whose volumes are to be taken over and that is not there is no missing image', async () => {
    const answer = await ask(engine(), 'POST /containers/create', {
      body: { Image: 'busybox', HostConfig: { VolumesFrom: ['none-such'] } },
    });

    expect(answer).toMatchObject({ status: 400, message: 'No such container: none-such' });
  });
}
