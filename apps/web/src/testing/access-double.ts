import { type AddOn, type RoleName, roleNames, roles } from '@gantry/access';
import type {
  AccessExplanation,
  AccessGrant,
  AccessRequest,
  GrantScope,
  HostGroup,
  InstallationSettings,
  Role,
  Team,
} from '@gantry/contract';
import { hostId } from './fleet-double.ts';

/** Ids of what the pages about access show: teams from 10, groups from 20, grants from 30, requests from 50. */
export const accessId = (number: number): string => `40000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
/** As the double of accounts numbers people. */
const person = (number: number): string => `20000000-0000-4000-8000-${String(30 + number).padStart(12, '0')}`;
const hoursFrom = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString();

const people = { ana: { id: person(1), name: 'ana.horvat' }, jonas: { id: person(2), name: 'jonas' }, ci: { id: person(4), name: 'ci' } };
const shopRole: Role = {
  ...{ id: accessId(1), name: 'shop-release', isBuiltIn: false, addOns: [] },
  permissions: ['container:list', 'container:view', 'container:logs', 'container:restart', 'container:updateImage', 'image:pull'],
};

const teams: Team[] = [
  { id: accessId(10), name: 'web', members: [people.ana, people.jonas], createdAt: hoursFrom(-900) },
  { id: accessId(11), name: 'night shift', members: [people.jonas], createdAt: hoursFrom(-400) },
  { id: accessId(12), name: 'contractors', members: [], createdAt: hoursFrom(-2) },
];

const groups: HostGroup[] = [
  { id: accessId(20), name: 'production', hosts: [hostId(0), hostId(2)], createdAt: hoursFrom(-900) },
  { id: accessId(21), name: 'edge', hosts: [hostId(1)], createdAt: hoursFrom(-800) },
];

interface Wanted {
  readonly to: { readonly id: string; readonly name: string };
  readonly role: RoleName | Role;
  readonly scope: GrantScope;
  readonly addOns?: readonly AddOn[];
  readonly hours?: number;
}

const everywhere: GrantScope = { kind: 'global' };
const owner = { id: '00000000-0000-4000-8000-000000000001', name: 'lin.wei' };
const wanted: readonly Wanted[] = [
  { to: owner, role: 'owner', scope: everywhere },
  { to: people.ana, role: 'host-admin', scope: { kind: 'group', group: accessId(20) }, addOns: ['exec', 'files'] },
  { to: people.jonas, role: 'auditor', scope: everywhere },
  { to: people.ci, role: 'deployer', scope: { kind: 'stack', host: hostId(2), project: 'shop' } },
  { to: people.ci, role: shopRole, scope: { kind: 'labels', selector: 'team=auth,env!=prod' } },
  { to: { id: accessId(10), name: 'web' }, role: 'operator', scope: { kind: 'host', host: hostId(1) }, addOns: ['exec'] },
  { to: { id: accessId(10), name: 'web' }, role: 'viewer', scope: { kind: 'group', group: accessId(21) } },
  { to: { id: accessId(11), name: 'night shift' }, role: 'operator', scope: { kind: 'group', group: accessId(20) }, hours: 9 },
];

const grants: AccessGrant[] = wanted.map(({ to, role, scope, addOns = [], hours }, index) => ({
  ...{ id: accessId(30 + index), addOns: [...addOns], scope, createdAt: hoursFrom(-200 * (index + 1)), createdBy: 'lin.wei' },
  subject: { kind: teams.some((team) => team.id === to.id) ? 'team' : 'user', ...to },
  role: typeof role === 'string' ? { id: role, name: role } : { id: role.id, name: role.name },
  ...(hours === undefined ? {} : { expiresAt: hoursFrom(hours) }),
}));

const builtIn: Role[] = roleNames.map((name) => ({
  ...{ id: name, name, isBuiltIn: true },
  permissions: [...roles[name].permissions],
  addOns: [...roles[name].addOns],
}));

const asked = { resource: `container/${hostId(2)}/shop-web-7`, createdAt: hoursFrom(-0.4), state: 'open' } as const;
const requests: AccessRequest[] = [
  {
    ...asked,
    id: accessId(50),
    user: people.jonas,
    permission: 'container:restart',
    reason: 'the checkout hangs since the release',
    hours: 4,
  },
  { ...asked, id: accessId(51), user: people.ana, permission: 'host:shell', resource: `host/${hostId(1)}`, reason: 'replace its disk' },
];
const own: AccessRequest[] = [
  { ...asked, id: accessId(52), user: owner, permission: 'container:exec', reason: 'look at the cache of the shop', hours: 8 },
  {
    ...{ ...asked, id: accessId(53), user: owner, permission: 'files:read', reason: 'compare the config', createdAt: hoursFrom(-70) },
    ...{ state: 'declined', decidedBy: 'ana.horvat', answer: 'it is in the repository: read it there' },
  },
];

const settings: InstallationSettings = {
  sessions: { idleMinutes: 30, longestHours: 12 },
  changes: [{ name: 'sign-in', at: hoursFrom(-50), by: 'lin.wei' }],
  startedWith: [
    { variable: 'GANTRY_URL', value: 'https://gantry.example:7443' },
    { variable: 'GANTRY_LISTEN', value: '' },
    { variable: 'GANTRY_TLS', value: 'on' },
    { variable: 'GANTRY_RECORDING_DAYS', value: '30' },
  ],
};

/** What the pages about access ask for. */
export const accessAnswers: Readonly<Record<string, unknown>> = {
  'GET /api/grants': grants,
  'POST /api/grants': grants[0],
  'GET /api/roles': [...builtIn, shopRole],
  'GET /api/teams': teams,
  'GET /api/host-groups': groups,
  'GET /api/access/requests': requests,
  'GET /api/me/access-requests': own,
  'POST /api/access/requests': own[0],
  'GET /api/settings': settings,
};

/** Somebody else may not, for their grant is a viewer's; oneself may, as the owner. */
export function explainDouble(query: URLSearchParams): AccessExplanation {
  const [permission, resource] = [query.get('permission') ?? '', query.get('resource') ?? ''];
  const user = query.get('user');
  const isDenied = user !== null || permission === 'owner:transfer';
  const denied = { isAllowed: false, miss: 'role' as const, ask: ['lin.wei', 'ana.horvat'] };
  return {
    ...{ who: user ?? 'lin.wei', permission, resource, ...(isDenied ? denied : { isAllowed: true, ask: [] }) },
    grant: isDenied
      ? { id: accessId(36), role: 'viewer', team: 'web', scope: { kind: 'group', group: accessId(21) } }
      : { id: accessId(30), role: 'owner', scope: everywhere },
  };
}
