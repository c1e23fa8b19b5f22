import { ask, type EngineUnderTest } from '../engine-under-test.ts';
import { createContainer, runUntilReady, uniqueName } from '../fixtures.ts';
import { differing } from './differences.ts';

interface Told {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
}

/** What an engine tells, in which order, with which attributes, and how it is chosen from. */
export function eventConformance(engine: () => EngineUnderTest): void {
  const told = async (
    filters: Readonly<Record<string, readonly string[]>>,
    time = `until=${(Date.now() / 1000 + 0.02).toFixed(3)}`,
  ): Promise<Told[]> => {
    const { body } = await ask(engine(), `GET /events?since=0&${time}&filters=${encodeURIComponent(JSON.stringify(filters))}`);
    const lines = body
      .toString()
      .split('\n')
      .filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as Told);
  };
  const words = (events: readonly Told[]): string[] => events.map(({ Type, Action }) => `${Type} ${Action}`);

  test('a life is told in order with its volumes and networks, and each event has the attributes that clients read', async () => {
    const [volume, network] = [uniqueName('volume'), uniqueName('network')];
    const created = await ask(engine(), 'POST /networks/create', { body: { Name: network } });
    const networkId = (created.value as { Id: string }).Id;
    const container = await runUntilReady(engine(), 'trap "exit 3" TERM; echo ready; while :; do sleep 0.05; done', {
      Labels: { team: 'web' },
      HostConfig: { NetworkMode: network, Binds: [`${volume}:/data:ro`] },
    });
    await ask(engine(), `GET /containers/${container.id}/top`);
    await ask(engine(), `POST /containers/${container.id}/stop`);
    await ask(engine(), `DELETE /containers/${container.id}`);

    const events = (await told({})).filter(
      ({ Actor, Action }) =>
        Action !== 'create' &&
        ([container.id, volume].includes(Actor.ID) || (Actor.ID === networkId && Actor.Attributes['container'] === container.id)),
    );

    const own = { image: 'busybox', name: container.name, team: 'web' };
    expect(events.map(({ Type, Action, Actor }) => [Type, Action, withoutDuration(Actor.Attributes)])).toEqual([
      ['network', 'connect', { container: container.id, name: network, type: 'bridge' }],
      ['volume', 'mount', { container: container.id, driver: 'local', destination: '/data', 'read/write': 'false', propagation: '' }],
      ['container', 'start', own],
      ['container', 'top', own],
      ['container', 'kill', { ...own, signal: '15' }],
      ['container', 'die', { ...own, exitCode: '3' }],
      ['network', 'disconnect', { container: container.id, name: network, type: 'bridge' }],
      ['volume', 'unmount', { container: container.id, driver: 'local' }],
      ['container', 'stop', own],
      ['container', 'destroy', own],
    ]);
  });

  test('a start that fails lets go of what it had', async () => {
    const volume = uniqueName('volume');
    const container = await createContainer(engine(), { Cmd: ['no-such-program'], HostConfig: { Binds: [`${volume}:/data`] } });
    await ask(engine(), `POST /containers/${container.id}/start`);

    const events = (await told({})).filter(({ Actor }) => Actor.ID === volume || Actor.Attributes['container'] === container.id);
    expect(words(events).filter((event) => event !== 'volume create')).toEqual([
      'network connect',
      'volume mount',
      'network disconnect',
      'volume unmount',
    ]);
  });

  test('events are chosen by type, action, label, and the beginning of an id or name', async () => {
    const label = uniqueName('label');
    const container = await createContainer(engine(), { Labels: { [label]: 'x' } });
    const name = uniqueName();
    await ask(engine(), `POST /containers/${container.id}/rename?name=${name}`);

    expect(words(await told({ container: [container.id.slice(0, 12)] }))).toEqual(['container create', 'container rename']);
    expect(words(await told({ container: [name.slice(0, 9)] }))).toEqual(['container rename']);
    expect(words(await told({ label: [`${label}=x`], type: ['container'] }))).toEqual(['container create', 'container rename']);
    expect(words(await told({ label: [label], event: ['rename', 'start'] }))).toEqual(['container rename']);
    expect(words(await told({ label: [label], image: ['busybox'] }))).toEqual(['container create', 'container rename']);
    expect(words(await told({ label: [label], colour: ['red'] }))).toEqual(['container create', 'container rename']);
    for (const filters of [{ type: ['volume'] }, { image: ['busybox:1'] }, { event: ['ren'] }, { scope: ['swarm'] }, { network: [name] }]) {
      const expected = 'network' in filters ? ['container rename'] : [];
      expect(words(await told({ label: [label], ...filters }))).toEqual(expected);
    }
  });

  test('what is pruned is told with the bytes', async () => {
    await createContainer(engine(), {});
    await ask(engine(), 'POST /containers/prune');

    const [last] = (await told({ event: ['prune'], type: ['container'] })).slice(-1);
    expect(last?.Actor.Attributes).toEqual({ reclaimed: expect.stringMatching(/^\d+$/) as unknown });
  });

  test('times that are none, or in the wrong order, are refused', async () => {
    expect(await ask(engine(), 'GET /events?since=yesterday')).toMatchObject({
      status: differing('statusOfBadInput', engine()),
      message: 'strconv.ParseInt: parsing "yesterday": invalid syntax',
    });
    expect(await ask(engine(), 'GET /events?since=100&until=50')).toMatchObject({
      status: 400,
      message: '`since` time (100) cannot be after `until` time (50)',
    });
  });
}

/** Younger daemons also tell how long it ran. */
function withoutDuration(attributes: Readonly<Record<string, string>>): object {
  return Object.fromEntries(Object.entries(attributes).filter(([key]) => key !== 'execDuration'));
}
