import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const messages = { en: load('en'), 'zh-CN': load('zh-CN') };
const sources = globSync('**/*.{ts,vue}', { cwd: root, exclude: ['**/*.spec.ts', 'testing/**'] }).map((path) =>
  readFileSync(root + path, 'utf8'),
);

/** Words that are the same in Chinese. */
const sameInBoth = new Set(['metric.cpu', 'join.linux', 'palette.verbOn', 'shell.version', 'jobs.one']);

function load(locale: string): ReadonlyMap<string, string> {
  return new Map(bundlesOf(locale).flatMap((bundle) => flat(bundle)));
}

function bundlesOf(locale: string): Tree[] {
  return globSync(`{,*.}${locale}.json`, { cwd: `${root}i18n` }).map(
    (name) => JSON.parse(readFileSync(`${root}i18n/${name}`, 'utf8')) as Tree,
  );
}

interface Tree {
  readonly [key: string]: string | Tree;
}

function flat(tree: Tree, path = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[path + key, value]] : flat(value, `${path}${key}.`),
  );
}

const placeholders = (message: string): string[] => [...new Set(message.match(/\{\w+\}/g))].sort();

test('both languages have the same keys', () => {
  expect([...messages['zh-CN'].keys()].sort()).toEqual([...messages.en.keys()].sort());
});

test('no group of keys is in two bundles', () => {
  const groups = bundlesOf('en').flatMap((bundle) => Object.keys(bundle));
  expect(groups.filter((group, at) => groups.indexOf(group) !== at)).toEqual([]);
});

test('every text is translated', () => {
  const same = [...messages.en].filter(([key, text]) => messages['zh-CN'].get(key) === text && !sameInBoth.has(key));
  const withoutChinese = [...messages['zh-CN']].filter(
    ([key, text]) => !/\p{Script=Han}/u.test(text) && !sameInBoth.has(key) && !/^[{}\w\s/·：]+$/.test(text),
  );
  expect({ same, withoutChinese }).toEqual({ same: [], withoutChinese: [] });
});

test('a translation fills the same places as the English text', () => {
  const differing = [...messages.en].filter(
    ([key, text]) => String(placeholders(messages['zh-CN'].get(key) ?? '')) !== String(placeholders(text)),
  );
  expect(differing).toEqual([]);
});

test('every key is used somewhere', () => {
  const used = new Set(sources.flatMap((source) => source.match(/(?<=['"])[a-zA-Z]+(?:\.[\w-]+)+(?=['"])/g) ?? []));
  const built = sources.flatMap((source) =>
    [...source.matchAll(/`((?:[a-zA-Z]+\.)+)\$\{[^}]+\}(\w*)`/g)].map(([, start = '', end = '']) => ({ start, end })),
  );
  const patterns = sources.flatMap((source) =>
    [...source.matchAll(/\btext\(\s*`([^`]+)`/g)].map(([, key = '']) => {
      const parts = key.split(/\$\{[^}]+\}/).map((part) => part.replaceAll('.', '\\.'));
      return new RegExp(`^${parts.join('[\\w-]+')}$`);
    }),
  );
  const isBuilt = (key: string): boolean =>
    built.some(({ start, end }) => key.startsWith(start) && key.endsWith(end)) || patterns.some((pattern) => pattern.test(key));
  expect([...messages.en.keys()].filter((key) => !used.has(key) && !isBuilt(key))).toEqual([]);
});

test('every key that is used has a text', () => {
  const asked = sources.flatMap((source) => [...source.matchAll(/\btext\('([^']+)'/g)].map(([, key = '']) => key));
  expect(asked.length).toBeGreaterThan(100);
  expect(asked.filter((key) => !messages.en.has(key))).toEqual([]);
});
