import { grantOf } from '@gantry/access';
import { ApiVersion, routes } from '@gantry/engine-api';
import type { KnownHost } from '../hosts/host-directory.ts';
import type { GuardedCall } from './guarded-call.ts';
import { withHostBinds } from './host-binds.ts';
import { Sight } from './sight.ts';

const sight = (permissions: readonly string[]): Sight =>
  new Sight({ id: 'h1', groups: [], labels: {} } as unknown as KnownHost, {
    grants: [grantOf({ id: 'x', role: 'own', scope: { kind: 'global' } }, permissions)],
  });

function call(name: string): GuardedCall {
  const route = routes.find((one) => one.name === name);
  if (!route) throw new Error(`no row ${name}`);
  return { route, version: ApiVersion.newest, path: { id: 'a' }, query: { values: { path: '/x' }, text: 'path=%2Fx' }, body: undefined };
}

test.each(['ContainerArchiveInfo', 'ContainerArchive', 'PutContainerArchive'])(
  '%s reaches paths of the host for who may, and for nobody else',
  (name) => {
    expect(withHostBinds(call(name), sight(['container:elevated'])).query).toEqual({
      values: { path: '/x', hostBinds: '1' },
      text: 'path=%2Fx&hostBinds=1',
    });
    expect(withHostBinds(call(name), sight(['files:read'])).query).toEqual(call(name).query);
  },
);

test('other rows have to ask for them', () => {
  for (const name of ['ContainerFileContent', 'ContainerInspect'])
    expect(withHostBinds(call(name), sight(['container:elevated'])).query).toEqual(call(name).query);
});
