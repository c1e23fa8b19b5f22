import { roleFor, scopeFor } from './wish-for.ts';

test('what is offered for a request is the least role that holds the permission, with its add-on', () => {
  expect(roleFor('container:logs')).toEqual({ role: 'viewer', addOns: [] });
  expect(roleFor('container:restart')).toEqual({ role: 'operator', addOns: [] });
  expect(roleFor('container:exec')).toEqual({ role: 'operator', addOns: ['exec'] });
  expect(roleFor('files:read')).toEqual({ role: 'deployer', addOns: ['files'] });
  expect(roleFor('audit:view')).toEqual({ role: 'auditor', addOns: [] });
  expect(roleFor('system:restore')).toEqual({ role: 'owner', addOns: [] });
});

test('and the smallest scope in which the permission can be given', () => {
  const stackOf = (host: string, name: string): string | undefined => (host === 'h' && name === 'web' ? 'shop' : undefined);
  expect(scopeFor('container:restart', 'container/h/web', stackOf)).toEqual({ kind: 'stack', host: 'h', project: 'shop' });
  expect(scopeFor('container:restart', 'container/h/loose', stackOf)).toEqual({ kind: 'host', host: 'h' });
  expect(scopeFor('container:restart', 'stack/h/shop', stackOf)).toEqual({ kind: 'stack', host: 'h', project: 'shop' });
  expect(scopeFor('image:pull', 'stack/h/shop', stackOf)).toEqual({ kind: 'host', host: 'h' });
  expect(scopeFor('host:join', 'host/h', stackOf)).toEqual({ kind: 'global' });
  expect(scopeFor('container:restart', 'installation', stackOf)).toEqual({ kind: 'global' });
});
