import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const libs = resolve(import.meta.dirname, '../../..');
const entries: Readonly<Record<string, string>> = {
  '@gantry/base': 'base/src/index.ts',
  '@gantry/engine-api/client': 'engine-api/src/client/index.ts',
};

/** All files and packages that a file brings along at run time. */
function reachable(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  if (!file.startsWith(libs)) return seen;
  const source = readFileSync(file, 'utf8');
  for (const [, name = ''] of source.matchAll(/^(?:import|export) (?!type )[^;]*?from '([^']+)';/gm)) {
    const entry = entries[name];
    reachable(name.startsWith('.') ? resolve(file, '..', name) : entry ? resolve(libs, entry) : name, seen);
  }
  return seen;
}

test('the browser half brings no node module, no schema library and no row of the route table', () => {
  const files = [...reachable(resolve(import.meta.dirname, 'index.ts'))];
  expect(files.length).toBeGreaterThan(15);
  expect(files.filter((file) => !file.startsWith(libs))).toEqual([]);
  expect(files.filter((file) => file.includes('/engine-api/src/routes/'))).toEqual([]);
});
