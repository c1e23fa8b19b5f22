import { catalogue, type Grant, grantOf, isPermission, roles, type RoleName, roleNames, type Scope } from '@gantry/access';
import { type Route, routes } from '@gantry/engine-api';
import { type Belongings, belongingsOf, Guarded, type Reached, requestWith, teamsEngine, type Told } from '../testing/index.ts';

const [red, blue, gone] = [belongingsOf('red', 'a'), belongingsOf('blue', 'b'), belongingsOf('gone', '9')];
let guarded: Guarded;
let reached: Reached[];
beforeAll(() => {
  const teams = teamsEngine([red, blue]);
  ({ reached } = teams);
  guarded = new Guarded(teams.engine, { groups });
});

function requestFor(route: Route, { container, exec, network, volume, image }: Belongings): { line: string; body: unknown } {
  const { line, body } = requestWith(route, { container, exec, network, volume, image });
  if (route.name === 'ImageCreate') return { line: `${line}?fromImage=busybox:1`, body };
  if (route.name === 'ContainerUnlink') return { line: `${line}?link=1`, body };
  // What a new container is made of is the caller's, whoever's the row is tried on.
  return { line, body: route.creates === 'container' ? { Image: red.image, HostConfig: { NetworkMode: 'none' } } : body };
}

const isAbout = (route: Route): boolean => route.refs.some(({ needs, in: place }) => needs === undefined && place !== 'filter');

/** Where a grant is, and how much of the host that is. */
const places: Readonly<Record<string, { scope: (host: string) => Scope; covers: 'host' | 'red' | 'nothing' }>> = {
  everywhere: { scope: () => ({ kind: 'global' }), covers: 'host' },
  'the group of the host': { scope: () => ({ kind: 'group', group: 'own' }), covers: 'host' },
  'another group': { scope: () => ({ kind: 'group', group: 'other' }), covers: 'nothing' },
  'the host': { scope: (host) => ({ kind: 'host', host }), covers: 'host' },
  'another host': { scope: () => ({ kind: 'host', host: 'other' }), covers: 'nothing' },
  'the stack red': { scope: (host) => ({ kind: 'stack', host, project: 'red' }), covers: 'red' },
  'a stack red of another host': { scope: () => ({ kind: 'stack', host: 'other', project: 'red' }), covers: 'nothing' },
  'what has a label of red': {
    scope: () => ({ kind: 'labels', selector: [{ key: 'about', value: 'red-label', isNot: false }] }),
    covers: 'red',
  },
};
const reachesOf = { global: ['global'], group: ['global', 'group'], host: ['global', 'group', 'host'] } as const;
const groups = ['own'];

/** Whether a grant of the role in a scope of that kind gives the permission: the catalogue says where each can be given. */
function gives(role: RoleName, permission: string | undefined, kind: Scope['kind']): boolean {
  if (permission === undefined || !isPermission(permission)) return false;
  const { reach } = catalogue[permission];
  return roles[role].permissions.has(permission) && (reach === 'any' || (reachesOf[reach] as readonly string[]).includes(kind));
}

/** An image of a container has its variables. */
const revealing = 'ImageCommit';

/** An exec, and the terminal that it became, is whoever's made it: nobody here. */
const ofOwnerOnly = new Set<string>([
  ...['ExecStart', 'ExecResize', 'SessionStart', 'SessionAttach', 'SessionClose'],
  // No shell is open on this host.
  ...['HostShellAttach', 'HostShellClose', 'HostShellWatch', 'HostShellJoin', 'HostShellEnd'],
]);

type Expected = 'passes' | 403 | 404;
interface Case {
  readonly place: string;
  readonly owner: Belongings;
  /** What is given: by a role where it stands, and within the limit of a token where there is one. */
  readonly holds: (permission: string | undefined) => boolean;
}

/** The policy table, by itself: what a row is for whom. */
function expected(route: Route, { place, owner, holds }: Case): Expected {
  const covers = places[place]?.covers;
  if (covers === 'nothing') return 404;
  const [own, cut] = [holds(route.permission), holds(route.inScope)];
  if (!own && !cut) return 403;
  if (ofOwnerOnly.has(route.name)) return 404;
  if (!isAbout(route)) return cut || covers === 'host' || route.creates !== undefined ? 'passes' : 403;
  if (covers === 'host' && !own) return 403;
  if (owner === gone || (covers === 'red' && owner !== red)) return 404;
  return route.name !== revealing || holds('env:reveal') ? 'passes' : 403;
}

function outcomeOf({ status }: Told): string | number {
  if (status === 403 || status === 404) return status;
  return status < 400 ? 'passes' : status;
}

const ends = [
  ['own', red],
  ['other', blue],
  ['deleted', gone],
] as const;

/** A role in a place, by itself or through a token that may as much as another role. */
async function tryAll(role: RoleName, place: string, limit?: RoleName): Promise<void> {
  const scope = places[place]?.scope(guarded.hostId) ?? none();
  const grant = (name: RoleName, where: Scope): Grant => grantOf({ id: name, role: name, scope: where });
  const rights = { grants: [grant(role, scope)], ...(limit ? { within: [grant(limit, { kind: 'global' })] } : {}) };
  const holds = (permission: string | undefined): boolean =>
    gives(role, permission, scope.kind) && (limit === undefined || gives(limit, permission, 'global'));
  for (const route of routes) {
    for (const [end, owner] of ends) {
      const { line, body } = requestFor(route, owner);
      const policy = expected(route, { place, owner, holds });
      const title = [route.name, place, limit, end];
      expect([...title, outcomeOf(await guarded.ask(rights, line, { body }))]).toEqual([...title, policy]);
      if (route.kind !== 'hijack') continue;
      const upgraded = await guarded.ask(rights, line, { body, upgrade: 'tcp' });
      expect([...title, 'upgrade', outcomeOf(upgraded)]).toEqual([...title, 'upgrade', policy]);
    }
  }
}

test.each(roleNames)(
  'a %s in every kind of scope: every row, of the own stack, another and what is deleted, plain or by an upgrade, is what the policy says',
  async (role) => {
    for (const place of Object.keys(places)) await tryAll(role, place);
  },
  180_000,
);

test.each(roleNames)(
  'a token of the owner that may as much as a %s: every row is open where both are',
  async (limit) => {
    for (const place of ['everywhere', 'the stack red']) await tryAll('owner', place, limit);
  },
  180_000,
);

test('without a grant the host is not there, for any row, known or not', async () => {
  for (const rights of [{ grants: [] }, guarded.rights('owner', ''), { ...guarded.rights('owner'), within: [] }]) {
    for (const route of routes) {
      const { line, body } = requestFor(route, red);
      expect([route.name, (await guarded.ask(rights, line, { body })).text]).toEqual([
        route.name,
        `{"message":"no such host: ${guarded.hostId}"}\n`,
      ]);
    }
  }
});

test('no other spelling of a path opens a row', async () => {
  const forwarded = (): number => reached.filter(({ caller }) => caller.kind === 'person').length;
  const before = forwarded();
  for (const route of routes) {
    const { line, body } = requestFor(route, red);
    const [method = '', target = ''] = line.split(' ');
    const [path = '', query] = target.split('?');
    const spellings = [
      `/${path}`,
      `${path}/`,
      path.replace(/^\/(\w)/, '/./$1'),
      `/x/..${path}`,
      path.replace(/^\/(\w+)/, (all) => all.toUpperCase()),
      `${path}%00`,
      `/v1.51/v1.51${path}`,
      `/V1.51${path}`,
      `/v1.51/..${path}`,
      // An alias may be called anything: that is another alias of the same container.
      ...(route.name === 'ContainerUnlink' ? [] : [`${path};x`]),
      path.replace(/^\/(\w+)\//, '/$1%2f'),
      path.replace(/^\/(\w)/, (_, letter: string) => `/%25${letter.charCodeAt(0).toString(16)}`),
    ];
    for (const spelling of spellings.filter((one) => one !== path)) {
      const asked = `${method} ${spelling}${query === undefined ? '' : `?${query}`}`;
      const { status } = await guarded.ask(guarded.rights('owner'), asked, { body });
      expect([asked, [400, 403, 404].includes(status)]).toEqual([asked, true]);
    }
  }
  expect(forwarded()).toBe(before);
}, 180_000);

function none(): never {
  throw new Error('no such place');
}
