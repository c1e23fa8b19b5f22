import { readFile } from 'node:fs/promises';
import { catalogue, type Permission, permissions, type Reach } from './permissions.ts';
import { addOns, type RoleName, roleNames, roles } from './roles.ts';

const smallest: Readonly<Record<Reach, string>> = { global: 'everywhere', group: 'group', host: 'host', any: 'stack, labels' };

function cell(role: RoleName, permission: Permission): string {
  const { permissions: held, addOns: allowed, inStacksOnly } = roles[role];
  if (inStacksOnly.has(permission)) return 'of stacks';
  if (held.has(permission)) return 'yes';
  const addOn = allowed.find((name) => addOns[name].includes(permission));
  return addOn ? `+${addOn}` : '–';
}

test('the table of the guide is that of the program', async () => {
  const guide = await readFile(new URL('../../../docs/guide/access.md', import.meta.url), 'utf8');
  const cells = (line: string): string[] =>
    line
      .split('|')
      .slice(1, -1)
      .map((text) => text.trim());
  const [head, , ...lines] = guide.split('\n').filter((line) => line.startsWith('|'));

  expect(cells(head ?? '')).toEqual(['Permission', 'What it allows', 'Smallest scope', ...roleNames]);
  expect(lines.map(cells)).toEqual(
    permissions.map((permission) => {
      const { meaning, reach } = catalogue[permission];
      return [`\`${permission}\``, meaning, smallest[reach], ...roleNames.map((role) => cell(role, permission))];
    }),
  );
});
