// Claim: a running container comes to a second network and leaves it again sooner than with dockerd, and a container with a network and a published port
// starts sooner. Goal: what network and port add to a start is at most 0.15 of what they add with dockerd. Both engines in the same run, in turn.
// Words: name of the bench, rounds.
import { createContainer, record, removeAll, startNative, startPeer, tell, timed, type Times } from './side-by-side.ts';

const rounds = Number(process.argv[3] ?? 40);

await using native = await startNative();
await using dockerd = await startPeer();
const times: Times = {};
const contenders = [
  { engine: 'native' as const, client: native.client, id: '' },
  { engine: 'dockerd' as const, client: dockerd.client, id: '' },
];
for (const contender of contenders) {
  const { client } = contender;
  for (const Name of ['front', 'back']) await client.call('NetworkCreate', { body: { Name } });
  contender.id = await createContainer(client, { Image: 'busybox', Cmd: ['sleep', '600'], HostConfig: { NetworkMode: 'front' } });
  await client.call('ContainerStart', { path: { id: contender.id } });
}
for (let round = 0; round < rounds; round++) {
  for (const { engine, client, id } of round % 2 === 0 ? contenders : contenders.toReversed()) {
    const keep = (name: string, ms: number): void => {
      // The first rounds warm both up.
      if (round >= 4) record(times, name, { engine, ms });
    };
    const note = async (name: string, work: () => Promise<unknown>): Promise<number> => {
      const { ms } = await timed(work);
      keep(name, ms);
      return ms;
    };
    const started = async (name: string, body: object): Promise<{ id: string; ms: number }> => {
      const created = await createContainer(client, { Image: 'busybox', Cmd: ['sleep', '600'], ...body });
      return { id: created, ms: await note(name, () => client.call('ContainerStart', { path: { id: created } })) };
    };
    await note('connect', () => client.call('NetworkConnect', { path: { id: 'back' }, body: { Container: id } }));
    await note('disconnect', () => client.call('NetworkDisconnect', { path: { id: 'back' }, body: { Container: id } }));
    const HostConfig = { NetworkMode: 'front', PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '0' }] } };
    const other = await started('start with a network and a port', { HostConfig, ExposedPorts: { '80/tcp': {} } });
    const lonely = await started('start with none', { HostConfig: { NetworkMode: 'none' } });
    keep('what network and port add to a start', other.ms - lonely.ms);
    await note('kill and remove it', () => client.call('ContainerDelete', { path: { id: other.id }, query: { force: true } }));
    await client.call('ContainerDelete', { path: { id: lonely.id }, query: { force: true } });
  }
}
console.log('milliseconds, medians');
await tell('network-connect', times);
for (const { client } of contenders) {
  await removeAll(client);
  for (const id of ['front', 'back']) await client.call('NetworkDelete', { path: { id } });
}
