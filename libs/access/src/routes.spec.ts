import { routes } from '@gantry/engine-api';
import { isPermission } from './permissions.ts';

test('every route of the engine names a permission of the catalogue, or the one that nobody holds', () => {
  const wrong = routes.filter(({ permission }) => permission !== 'engine:none' && !isPermission(permission));
  expect(wrong.map(({ name, permission }) => `${name}: ${permission}`)).toEqual([]);
  expect(isPermission('engine:none')).toBe(false);
});
