import { catalogue, type Permission, permissions, type Reach } from './permissions.ts';
import { type AddOn, addOnNames, addOns, grantOf, type RoleName, roleNames, roles } from './roles.ts';

/** What a role has of a permission: `yes`, not at all (`no`), or where its grant carries the add-on of that name. */
type Cell = 'yes' | 'no' | AddOn;

const columns: readonly RoleName[] = ['owner', 'admin', 'host-admin', 'deployer', 'operator', 'viewer', 'auditor'];
const [y, n] = ['yes', 'no'] as const;

/** The table of what each role may do, in the order of `columns`. What is not in it, nobody has decided about. */
const table: readonly (readonly [keys: string, reach: Reach, ...cells: Cell[]])[] = [
  ['host:view host:metrics', 'host', y, y, y, y, y, y, y],
  ['host:join host:approve host:remove joinToken:list joinToken:create joinToken:revoke', 'group', y, y, y, n, n, n, n],
  ['host:edit agent:upgrade host:prune', 'host', y, y, y, n, n, n, n],
  ['host:shell', 'host', y, 'shell', 'shell', n, n, n, n],
  ['container:list container:view container:stats container:top container:diff container:inspect', 'any', y, y, y, y, y, y, y],
  ['container:logs logs:search', 'any', y, y, y, y, y, y, n],
  ['env:reveal', 'any', y, 'env', 'env', 'env', n, n, n],
  ['container:start container:stop container:restart container:kill container:pause container:updateImage', 'any', y, y, y, y, y, n, n],
  ['engine:info', 'host', y, y, y, y, y, y, y],
  ['image:use', 'any', y, y, y, y, n, n, n],
  ['container:create container:edit container:remove container:rename container:commit', 'any', y, y, y, y, n, n, n],
  ['container:elevated', 'host', y, y, y, n, n, n, n],
  ['container:exec container:attach', 'any', y, y, 'exec', 'exec', 'exec', n, n],
  ['session:watch', 'any', y, y, y, n, n, n, y],
  ['session:join session:end', 'any', y, y, y, n, n, n, n],
  ['files:read files:write', 'any', y, y, 'files', 'files', n, n, n],
  ['stack:view stack:plan stack:history', 'any', y, y, y, y, y, y, y],
  ['stack:start stack:stop stack:restart stack:rollback stack:redeploy', 'any', y, y, y, y, y, n, n],
  ['stack:create stack:edit stack:deploy stack:delete stack:adopt stack:move', 'any', y, y, y, y, n, n, n],
  ['image:list', 'host', y, y, y, y, y, y, y],
  ['image:pull', 'host', y, y, y, y, y, n, n],
  ['image:tag image:build image:push', 'host', y, y, y, y, n, n, n],
  ['image:remove image:prune', 'host', y, y, y, n, n, n, n],
  ['network:list', 'any', y, y, y, y, y, y, y],
  ['network:create network:connect network:remove', 'any', y, y, y, y, n, n, n],
  ['volume:list', 'any', y, y, y, y, y, y, y],
  ['volume:backup', 'any', y, y, y, y, y, n, n],
  ['volume:create volume:restore volume:remove', 'any', y, y, y, y, n, n, n],
  ['registry:use', 'group', y, y, y, y, y, n, n],
  ['registry:manage', 'group', y, y, n, n, n, n, n],
  ['secret:use secret:manage', 'any', y, y, y, y, n, n, n],
  ['job:view', 'any', y, y, y, y, y, y, y],
  ['job:run', 'any', y, y, y, y, y, n, n],
  ['job:manage', 'any', y, y, y, y, n, n, n],
  ['alert:view', 'any', y, y, y, y, y, y, y],
  ['alert:silence', 'any', y, y, y, y, y, n, n],
  ['alert:manage', 'any', y, y, y, y, n, n, n],
  ['event:view', 'any', y, y, y, y, y, y, y],
  ['audit:view recording:play', 'host', y, y, y, n, n, n, y],
  ['access:request', 'any', y, y, y, y, y, y, n],
  ['access:approve', 'any', y, y, y, n, n, n, n],
  ['grant:manage team:manage', 'host', y, y, y, n, n, n, n],
  ['policy:manage', 'group', y, y, n, n, n, n, n],
  ['user:manage role:manage sso:manage apiToken:any', 'global', y, y, n, n, n, n, n],
  ['system:settings system:upgrade', 'global', y, y, n, n, n, n, n],
  ['system:backup system:restore owner:transfer', 'global', y, n, n, n, n, n, n],
];

const cells = table.flatMap(([keys, reach, ...row]) => keys.split(' ').map((key) => ({ key: key as Permission, reach, row })));

test('the table names every permission of the catalogue once, and every role', () => {
  expect(cells.map(({ key }) => key).sort()).toEqual([...permissions].sort());
  expect(columns).toEqual(roleNames);
  expect(cells.filter(({ row }) => row.length !== columns.length)).toEqual([]);
});

test.each(cells)('$key reaches as far as the table says, and each role has it as the table says', ({ key, reach, row }) => {
  expect(catalogue[key].reach).toBe(reach);
  const found = columns.map((role): Cell => {
    if (roles[role].permissions.has(key)) return 'yes';
    return roles[role].addOns.find((addOn) => addOns[addOn].includes(key)) ?? 'no';
  });
  expect(found).toEqual(row);
});

test('a deployer removes volumes of stacks only; no other role has such a bound', () => {
  expect(columns.map((role) => [...roles[role].inStacksOnly])).toEqual([[], [], [], ['volume:remove'], [], [], []]);
});

test.each(columns)('the grant of a %s holds what an add-on gives only where the role allows that add-on', (role) => {
  for (const addOn of addOnNames) {
    const { permissions: held } = grantOf({ id: '1', role, addOns: [addOn, 'constructor'], scope: { kind: 'global' } });
    const isAllowed = roles[role].permissions.has(addOns[addOn][0] ?? 'host:view') || roles[role].addOns.includes(addOn);
    expect(addOns[addOn].map((permission) => held.has(permission))).toEqual(addOns[addOn].map(() => isAllowed));
  }
});

test('a role that people made holds what it lists and the catalogue knows; one that is not there holds nothing', () => {
  const scope = { kind: 'global' } as const;

  expect([
    ...grantOf({ id: '1', role: 'some-id', scope, addOns: ['exec'] }, ['host:view', 'constructor', 'host:everything']).permissions,
  ]).toEqual(['host:view']);
  expect(grantOf({ id: '1', role: 'some-id', scope }).permissions.size).toBe(0);
  expect(grantOf({ id: '1', role: 'constructor', scope }).permissions.size).toBe(0);
});
