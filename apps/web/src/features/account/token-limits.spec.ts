import { permissions } from '@gantry/access';
import { grouped, permissionsOf } from './token-limits.ts';

test('a preset offers only what the person has', () => {
  expect(permissionsOf('owner', new Set(permissions))).toEqual(permissions);
  expect(permissionsOf('owner', new Set(['host:view', 'container:start']))).toEqual(['host:view', 'container:start']);
  expect(permissionsOf('viewer', new Set(['host:view', 'container:start']))).toEqual(['host:view']);
});

test('permissions about one thing stand together', () => {
  expect(grouped(['host:view', 'container:list', 'host:edit'])).toEqual([
    { noun: 'host', permissions: ['host:view', 'host:edit'] },
    { noun: 'container', permissions: ['container:list'] },
  ]);
});
