import { ask, type EngineUnderTest } from '../engine-under-test.ts';
import { docker } from '../docker-cli.ts';
import { type Container, createContainer, inspect, runContainer, uniqueName } from '../fixtures.ts';
import { differing } from './differences.ts';
import { specsOf } from './specs-of.ts';

const shared = 'container sharing network namespace with another container or host cannot be connected to any other network';
const privateMode = 'container cannot be connected to multiple networks with one of the networks in private (none) mode';
const hostNetwork = 'container cannot be disconnected from host network or connected to host network';

/** Containers in networks: what may be joined, and which network leads out. */
export function endpointConformance(engine: () => EngineUnderTest): void {
  const test = specsOf(engine);
  const remove = ({ id }: Container) => ask(engine(), `DELETE /containers/${id}?force=1`);
  const connect = (network: string, body: object) => ask(engine(), `POST /networks/${network}/connect`, { body });
  const networkWith = async (subnet: string, prefix: string): Promise<string> => {
    const name = `${prefix}-${uniqueName('net')}`;
    const created = await ask(engine(), 'POST /networks/create', { body: { Name: name, IPAM: { Config: [{ Subnet: subnet }] } } });
    if (created.status !== 201) throw new Error(created.message);
    return name;
  };

  test('what has no network of its own, or is in none, joins no other', async () => {
    const name = await networkWith('10.214.20.0/24', 'a');
    const own = await runContainer(engine(), 'sleep 60');
    const others = await Promise.all(
      ['host', 'none', `container:${own.id}`].map((NetworkMode) => runContainer(engine(), 'sleep 60', { HostConfig: { NetworkMode } })),
    );

    const [host, none, joined] = others.map(({ id }) => ({ Container: id }));
    expect(await connect(name, host ?? {})).toMatchObject({ status: 400, message: shared });
    expect(await connect(name, none ?? {})).toMatchObject({ status: 400, message: privateMode });
    expect(await connect(name, joined ?? {})).toMatchObject({ status: 400, message: shared });
    expect(await connect('host', { Container: own.id })).toMatchObject({ status: 400, message: hostNetwork });
    expect(await connect('none', { Container: own.id })).toMatchObject({ status: 400, message: privateMode });
    expect(await ask(engine(), 'POST /networks/host/disconnect', { body: host })).toMatchObject({ status: 400, message: hostNetwork });
    expect((await ask(engine(), 'POST /networks/none/disconnect', { body: none })).status).toBe(200);
    for (const container of [...others, own]) await remove(container);
    await ask(engine(), `DELETE /networks/${name}`);
  });

  test('an alias belongs to networks of users, and an address is one', async () => {
    const container = await runContainer(engine(), 'sleep 60');
    const aliases = { bridge: { Aliases: ['x'] } };
    const aliased = await createContainer(engine(), {
      NetworkingConfig: { EndpointsConfig: aliases },
      HostConfig: { NetworkMode: 'bridge' },
    });
    const message = 'network-scoped alias is supported only for containers in user defined networks';

    expect(await ask(engine(), `POST /containers/${aliased.id}/start`)).toMatchObject({ status: 400, message });
    const wrong = {
      Image: 'busybox',
      HostConfig: {},
      NetworkingConfig: { EndpointsConfig: { bridge: { IPAMConfig: { IPv4Address: 'x' } } } },
    };
    expect(await ask(engine(), 'POST /containers/create', { body: wrong })).toMatchObject({
      status: 400,
      message: 'invalid IPv4 address: x',
    });
    for (const each of [container, aliased]) await remove(each);
  });

  test('a container that does not run may be connected again, which changes nothing', async () => {
    const name = await networkWith('10.214.23.0/24', 'a');
    const container = await createContainer(engine(), { Cmd: ['sleep', '60'] });
    for (const alias of ['first', 'second']) {
      expect((await connect(name, { Container: container.id, EndpointConfig: { Aliases: [alias] } })).status).toBe(200);
    }

    const { value } = await inspect(engine(), container);
    const { Networks } = (value as { NetworkSettings: { Networks: Record<string, { Aliases: string[] }> } }).NetworkSettings;
    expect(Networks[name]?.Aliases).toContain('first');
    expect(Networks[name]?.Aliases).not.toContain('second');
    await remove(container);
    await ask(engine(), `DELETE /networks/${name}`);
  });

  test('of several networks the first by name leads out, also when it comes and goes at run time', async () => {
    const [first, last] = [await networkWith('10.214.21.0/24', 'a'), await networkWith('10.214.22.0/24', 'z')];
    const container = await runContainer(engine(), 'sleep 60', { HostConfig: { NetworkMode: last } });
    const gateway = async (): Promise<string> =>
      (await docker(engine(), ['exec', container.id, 'ip', 'route', 'show', 'default'])).stdout.split(' ')[2] ?? '';

    expect(await gateway()).toBe('10.214.22.1');
    await connect(first, { Container: container.id });
    expect(await gateway()).toBe('10.214.21.1');
    await ask(engine(), `POST /networks/${first}/disconnect`, { body: { Container: container.id } });
    expect(await gateway()).toBe('10.214.22.1');
    await remove(container);
    for (const name of [first, last]) await ask(engine(), `DELETE /networks/${name}`);
  });

  test('a port that was chosen for a container is there after a restart', async () => {
    const container = await runContainer(engine(), 'sleep 60', {
      ExposedPorts: { '80/tcp': {}, '81/udp': {} },
      HostConfig: { PublishAllPorts: true },
    });
    const ports = async (): Promise<unknown> =>
      ((await inspect(engine(), container)).value as { NetworkSettings: { Ports: unknown } }).NetworkSettings.Ports;
    const before = await ports();

    await ask(engine(), `POST /containers/${container.id}/restart?t=0`);

    const isSame = JSON.stringify(await ports()) === JSON.stringify(before);
    expect(isSame).toBe(differing('chosenPortStays', engine()));
    await remove(container);
  });
}
