import { spawnSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { distributionOf, refuseUnsupported } from './distribution.ts';
import { packagesFor } from './install-packages.ts';
import { engineNeeds, type Need, packageManagers, testNeeds } from './packages.ts';
import { whatIsMissing } from './what-is-missing.ts';

const opened = closedAfterEach();
const apt = (...args: string[]): string => spawnSync('apt-cache', args, { encoding: 'utf8' }).stdout;

test("each package of Debian's column is one that apt knows", () => {
  if (apt('pkgnames', 'crun') === '') spawnSync('apt-get', ['-q', 'update']);
  const names = [...new Set(testNeeds.map(({ packages }) => packages.apt ?? ''))];

  const unknown = names.filter((name) => !apt('show', '--no-all-versions', name).startsWith(`Package: ${name}\n`));

  expect(unknown).toEqual([]);
});

test('what the native engine needs has a package in every family', () => {
  for (const { packages } of engineNeeds) {
    expect(Object.values(packages)).not.toContain(undefined);
    expect(Object.keys(packages).sort()).toEqual(packageManagers.map(({ name }) => name as string).sort());
  }
});

test('a need is met by one of its programs or files', async () => {
  const { path } = opened.use(await temporaryDirectory());
  await mkdir(join(path, 'bin'));
  await writeFile(join(path, 'bin', 'runc'), '');
  const need = (change: Partial<Need>): Need => ({
    name: 'x',
    purpose: '',
    packages: { apt: 'x', dnf: 'x', zypper: 'x', pacman: 'x' },
    ...change,
  });
  const isMissing = (change: Partial<Need>): boolean => whatIsMissing([need(change)], [join(path, 'bin')]).length > 0;

  expect(isMissing({ programs: ['crun', 'runc'] })).toBe(true); // lies there and cannot be run
  await chmod(join(path, 'bin', 'runc'), 0o755);
  expect(isMissing({ programs: ['crun', 'runc'] })).toBe(false);
  expect(isMissing({ files: [join(path, 'b*', 'runc')] })).toBe(false);
  expect(isMissing({ programs: ['conmon'], files: [join(path, 'none')] })).toBe(true);
});

test('the family of a distribution is known by its package manager', () => {
  const debian = distributionOf('PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n', (program) => program === 'apt-get');

  expect(debian).toMatchObject({ name: 'Debian GNU/Linux 12 (bookworm)', manager: { name: 'apt' } });
  expect(packagesFor(engineNeeds, debian)).toEqual(['crun', 'conmon', 'libnftables1', 'catatonit', 'mount']);
});

test('where no package is known the missing thing is named', () => {
  const [crun] = engineNeeds;
  const none = distributionOf('PRETTY_NAME="Slackware"', () => false);
  const fedora = distributionOf('PRETTY_NAME="Fedora"', (program) => program === 'dnf');

  expect(() => packagesFor(crun ? [crun] : [], none)).toThrow('Slackware has none of apt, dnf, zypper and pacman: install crun by hand');
  expect(() => packagesFor(testNeeds, fedora)).toThrow(/chromium is used by the tests and is not installed: Fedora/);
});

test('what cannot work is said plainly', () => {
  expect(() => refuseUnsupported('darwin', true)).toThrow('Gantry runs on Linux; this is darwin');
  expect(() => refuseUnsupported('linux', false)).toThrow(/Alpine/);
  expect(() => refuseUnsupported()).not.toThrow();
});
