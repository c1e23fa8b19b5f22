import { grantOf } from '@gantry/access';
import { asCreated } from './as-created.ts';
import type { GuardedCall } from './guarded-call.ts';
import type { HostThings } from './host-things.ts';
import { composeProject, stackStamp } from './place.ts';
import type { Named, Resolved } from './references.ts';
import type { Thing } from './thing.ts';

const shop = grantOf({ id: 'g', role: 'deployer', scope: { kind: 'stack', host: 'h', project: 'shop' } });
const noKeys: ReadonlySet<string> = new Set();

interface Whose {
  readonly isEverywhere?: boolean;
  readonly volume?: Thing;
  readonly sees?: boolean;
}

/** A host on which the caller may make things in the stack `shop`, or everywhere. */
function host({ isEverywhere = false, volume, sees = true }: Whose = {}): { things: HostThings; asked: string[] } {
  const asked: string[] = [];
  const sight = { host: { id: 'h' }, sees: () => sees, mayEverywhere: () => isEverywhere, partsWith: () => (asked.push('parts'), [shop]) };
  const findVolume = (name: string): Promise<Thing | undefined> => (asked.push(name), Promise.resolve(volume));
  return { things: { sight, findVolume } as unknown as HostThings, asked };
}

interface Asked {
  readonly name?: string;
  readonly creates?: 'container' | 'volume' | undefined;
  readonly permission?: string;
  readonly value?: unknown;
  readonly named?: readonly unknown[];
}

function request({ name = 'ContainerCreate', permission = 'container:create', value = {}, named = [], ...asked }: Asked): Resolved {
  const creates = 'creates' in asked ? asked.creates : 'container';
  const call = { route: { name, creates, permission }, body: { value, bytes: new Uint8Array(), dropped: [] } } as unknown as GuardedCall;
  return { call, named: named as readonly Named[] };
}

const valueOf = ({ body }: GuardedCall): unknown => JSON.parse(new TextDecoder().decode(body?.bytes));

test('what makes nothing, and what is nobody’s, stays as it was read', async () => {
  const { things, asked } = host();
  for (const made of [request({ creates: undefined }), request({ permission: 'engine:none' })])
    expect(await asCreated(made, things, noKeys)).toStrictEqual({ call: made.call, created: undefined });
  expect(asked).toEqual([]);
});

test('who may make it everywhere makes it as asked, without labels of a part', async () => {
  const { things, asked } = host({ isEverywhere: true });
  const made = request({ value: { Image: 'app' } });
  const { call, created } = await asCreated(made, things, noKeys);
  expect(call).toBe(made.call);
  expect(created).toEqual({ kind: 'container', id: '', name: '', labels: {} });
  expect(asked).toEqual([]);
});

test('what is made in a part of a host gets its labels, and so does a volume without a name that is made on the way, and no other', async () => {
  const Mounts = [{ Type: 'volume', Target: '/a' }, { Type: 'volume', Source: 'data' }, { Type: 'tmpfs' }];
  const { call, created } = await asCreated(request({ value: { Labels: { team: 'web' }, HostConfig: { Mounts } } }), host().things, noKeys);
  const stamp = { [stackStamp]: 'shop' };
  expect(created?.labels).toEqual({ team: 'web', ...stamp });
  expect(valueOf(call)).toEqual({
    Labels: { team: 'web', ...stamp },
    HostConfig: { Mounts: [{ ...Mounts[0], VolumeOptions: { Labels: stamp } }, Mounts[1], Mounts[2]] },
  });
});

test('what an image says of the place of its containers places none, whatever else it is called for', async () => {
  const image = { kind: 'image', id: 'i', name: 'app', labels: { [composeProject]: 'blue', tier: 'front' } };
  const volume = { kind: 'volume', id: 'v', name: 'v', labels: { [composeProject]: 'blue' } };
  const named = [
    { reference: { at: 'HostConfig.Binds[]', object: 'volume', in: 'body' }, thing: { ...image, labels: { [composeProject]: 'other' } } },
    { reference: { at: 'Image', object: 'image', in: 'body' }, thing: volume },
    { reference: { at: 'Image', object: 'image', in: 'body' }, thing: image },
  ];
  const { created } = await asCreated(request({ named }), host({ isEverywhere: true }).things, noKeys);
  expect(created?.labels).toEqual({ [composeProject]: '', tier: 'front' });
});

test('a volume that is there is decided on as it is, and the name of one that the caller does not see is taken', async () => {
  const volume: Thing = { kind: 'volume', id: 'data', name: 'data', labels: { a: 'b' } };
  const made = request({ name: 'VolumeCreate', creates: 'volume', value: { Name: 'data' } });
  expect(await asCreated(made, host({ volume }).things, noKeys)).toStrictEqual({ call: made.call, created: volume });
  await expect(asCreated(made, host({ volume, sees: false }).things, noKeys)).rejects.toMatchObject({ code: 'conflict' });
  const { things, asked } = host({ volume, isEverywhere: true });
  await asCreated(request({ name: 'VolumeCreate', creates: 'volume', value: { Name: '' } }), things, noKeys);
  await asCreated(request({ value: { Name: 'data' } }), things, noKeys);
  expect(asked).toEqual([]);
});

test('a container that takes the place of another stays where that was, by the stamps of the server alone', async () => {
  const container = { kind: 'container', id: 'c', name: 'c', labels: { [stackStamp]: 'billing', team: 'web' } };
  const beside = { kind: 'container', id: 'd', name: 'd', labels: { [stackStamp]: 'blue' } };
  const named = [
    { reference: { at: 'id', object: 'network', in: 'path' }, thing: beside },
    { reference: { at: 'HostConfig.VolumesFrom[]', object: 'container', in: 'body' }, thing: beside },
    { reference: { at: 'id', object: 'container', in: 'path' }, thing: container },
  ];
  const { things, asked } = host();
  const { created } = await asCreated(request({ name: 'ContainerRecreate', named }), things, noKeys);
  expect(created?.labels).toEqual({ [stackStamp]: 'billing' });
  expect(asked).toEqual([]);
  expect((await asCreated(request({ named }), things, noKeys)).created?.labels).toEqual({ [stackStamp]: 'shop' });
});
