import { type Grant, grantOf } from '@gantry/access';
import { cellOf, type Column, holdsIn } from './matrix.ts';

const host = (id: string, groups: string[] = []): Column => ({
  ...{ kind: 'host' as const, id, name: id, hosts: [id] },
  place: { kind: 'host', host: id, groups, labels: { env: 'prod' } },
});
const production: Column = {
  ...{ kind: 'group', id: 'g', name: 'production', hosts: ['a'] },
  place: { kind: 'host', host: '', groups: ['g'], labels: {} },
};
const now = new Date('2026-11-30T12:00:00Z');
const at = { now, hostsOf: (): ReadonlySet<string> => new Set(['b']) };
const grant = (role: string, scope: Grant['scope'], more: object = {}): Grant => grantOf({ id: role, role, scope, ...more });

test('a cell is the most that grants give in the whole place, and apart from it what they give on part of it', () => {
  const grants = [grant('viewer', { kind: 'group', group: 'g' }), grant('deployer', { kind: 'stack', host: 'a', project: 'shop' })];

  expect(cellOf(grants, host('a', ['g']), at)).toEqual({ whole: 'look', part: 'deploy', canExec: false, ends: false });
  expect(cellOf(grants, production, at)).toEqual({ whole: 'look', part: 'deploy', canExec: false, ends: false });
  expect(cellOf(grants, host('b'), at)).toEqual({ whole: 'none', part: 'none', canExec: false, ends: false });
});

test('labels reach a host that has them, and part of one that has a container with them', () => {
  const labelled = (selector: string): Grant[] => [
    grant('operator', { kind: 'labels', selector: [{ key: 'env', value: selector, isNot: false }] }, { addOns: ['exec'] }),
  ];

  expect(cellOf(labelled('prod'), host('a'), at)).toMatchObject({ whole: 'operate', canExec: true });
  expect(cellOf(labelled('test'), host('b'), at)).toMatchObject({ whole: 'none', part: 'operate' });
  expect(cellOf(labelled('test'), host('a'), at)).toMatchObject({ whole: 'none', part: 'none' });
});

test('what has ended counts no more, and what will end is told', () => {
  const until = (time: string): Grant[] => [grant('host-admin', { kind: 'host', host: 'a' }, { expiresAt: new Date(time) })];

  expect(cellOf(until('2026-11-30T11:59:59Z'), host('a'), at)).toMatchObject({ whole: 'none', ends: false });
  expect(cellOf(until('2026-11-30T12:00:01Z'), host('a'), at)).toMatchObject({ whole: 'manage', ends: true });
});

test('one permission is held in the whole place, in part of it, or not', () => {
  const grants = [grant('operator', { kind: 'stack', host: 'a', project: 'shop' }), grant('viewer', { kind: 'host', host: 'b' })];
  const held = (column: Column): string => holdsIn(grants, column, { permission: 'container:restart', ...at });

  expect([held(host('a')), held(host('b'))]).toEqual(['part', 'none']);
  expect(holdsIn(grants, host('b'), { permission: 'container:view', ...at })).toBe('whole');
});
