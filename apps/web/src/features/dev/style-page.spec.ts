import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

test('every part of the kit is on the style page', () => {
  const page = readFileSync(path('./StylePage.vue'), 'utf8');
  const parts = readdirSync(path('../../ui')).filter((name) => name.endsWith('.vue'));
  expect(parts.filter((name) => !page.includes(`<${name.slice(0, -'.vue'.length)}`))).toEqual([]);
});

test('the style page is in no built app', () => {
  const manifest = readFileSync(path('../../../dist/.vite/manifest.json'), 'utf8');
  expect(manifest).not.toContain('StylePage');
});
