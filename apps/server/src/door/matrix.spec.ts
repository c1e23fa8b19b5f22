import { catalogue, isPermission, roles, type RoleName, roleNames } from '@gantry/access';
import { type Route, routes } from '@gantry/engine-api';
import { type Belongings, belongingsOf, Guarded, type Reached, requestWith, teamsEngine, type Told } from '../testing/index.ts';

const [red, blue, gone] = [belongingsOf('red', 'a'), belongingsOf('blue', 'b'), belongingsOf('gone', '9')];
let guarded: Guarded;
let reached: Reached[];
beforeAll(() => {
  const teams = teamsEngine([red, blue]);
  ({ reached } = teams);
  guarded = new Guarded(teams.engine);
});

function requestFor(route: Route, { container, exec, network, volume, image }: Belongings): { line: string; body: unknown } {
  const { line, body } = requestWith(route, { container, exec, network, volume, image });
  if (route.name === 'ImageCreate') return { line: `${line}?fromImage=busybox:1`, body };
  // What a new container is made of is the caller's, whoever's the row is tried on.
  return { line, body: route.creates === 'container' ? { Image: red.image, HostConfig: { NetworkMode: 'none' } } : body };
}

const isAbout = (route: Route): boolean => route.refs.some(({ needs, in: place }) => needs === undefined && place !== 'filter');

/** Whether a grant of the role in one stack gives the permission: the catalogue says which can be given there at all. */
function givesInStack(role: RoleName, permission: string | undefined): boolean {
  if (permission === undefined || !isPermission(permission)) return false;
  return roles[role].permissions.has(permission) && catalogue[permission].reach === 'any';
}

/** An image of a container has its variables. */
const revealing = 'ImageCommit';

type Expected = 'passes' | 403 | 404;

/** The policy table, by itself: what a row is for whom. */
function expectedInStack(route: Route, role: RoleName, owner: Belongings): Expected {
  const [own, cut] = [givesInStack(role, route.permission), givesInStack(role, route.inScope)];
  if (!own && !cut) return 403;
  const isOwners = route.name === 'ExecStart' || route.name === 'ExecResize';
  if (isOwners) return 404;
  if (!isAbout(route)) return cut || route.creates !== undefined ? 'passes' : 403;
  if (owner !== red) return 404;
  return route.name !== revealing || givesInStack(role, 'env:reveal') ? 'passes' : 403;
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

test.each(roleNames)(
  'a %s of one stack: every row, of the own stack, another and what is deleted, is what the policy says',
  async (role) => {
    const rights = guarded.rights(role, 'red');
    for (const route of routes) {
      for (const [end, owner] of ends) {
        const { line, body } = requestFor(route, owner);
        const told = await guarded.ask(rights, line, { body });
        expect([route.name, end, outcomeOf(told)]).toEqual([route.name, end, expectedInStack(route, role, owner)]);
        if (route.kind !== 'hijack') continue;
        const upgraded = await guarded.ask(rights, line, { body, upgrade: 'tcp' });
        expect([route.name, end, 'upgrade', outcomeOf(upgraded)]).toEqual([
          route.name,
          end,
          'upgrade',
          expectedInStack(route, role, owner),
        ]);
      }
    }
  },
  120_000,
);

test.each(roleNames)(
  'a %s of the whole host: every row is open exactly where the role holds its permission',
  async (role) => {
    const rights = guarded.rights(role);
    const may = (permission: string): boolean => isPermission(permission) && roles[role].permissions.has(permission);
    for (const route of routes) {
      const { line, body } = requestFor(route, blue);
      const isOwners = route.name === 'ExecStart' || route.name === 'ExecResize';
      const isOpen = may(route.permission) || (route.inScope !== undefined && may(route.inScope) && !isAbout(route));
      const expected: Expected = !isOpen || (route.name === revealing && !may('env:reveal')) ? 403 : isOwners ? 404 : 'passes';
      expect([route.name, outcomeOf(await guarded.ask(rights, line, { body }))]).toEqual([route.name, expected]);
    }
  },
  120_000,
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
  const before = reached.length;
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
    ];
    for (const spelling of spellings) {
      const asked = `${method} ${spelling}${query === undefined ? '' : `?${query}`}`;
      const { status } = await guarded.ask(guarded.rights('owner'), asked, { body });
      expect([asked, [400, 403].includes(status)]).toEqual([asked, spelling === path ? expect.anything() : true]);
    }
  }
  expect(reached.length).toBe(before);
}, 120_000);
