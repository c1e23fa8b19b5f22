import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { tell } from '../say.ts';
import { Trouble } from '../trouble.ts';
import { root, runQuietly } from './run-program.ts';

const installed = ['node_modules/.package-lock.json'];
const built = ['apps/server/dist/.tsbuildinfo', 'apps/agent/dist/agent.mjs', 'apps/web/dist/index.html'];
const sources = ['package-lock.json', 'prisma/schema.prisma', 'libs/*/src/**', 'apps/{agent,server,web}/src/**', 'apps/web/index.html'];

/** What makeReady would do here now, as commands. */
export function stepsToReady(): string[] {
  const mustInstall = isStale(installed, ['package-lock.json']);
  const mustBuild = mustInstall || isStale(built, sources);
  return [
    ...(mustInstall ? ['npm ci (the packages of package-lock.json, into node_modules)'] : []),
    ...(mustBuild ? ['npm run build'] : []),
  ];
}

/** Installs the npm packages and builds, each only where something is missing or older than what it is made from. */
export async function makeReady(mayInstall: boolean): Promise<void> {
  if (isStale(installed, ['package-lock.json'])) {
    if (!mayInstall) throw new Trouble('nothing was installed; this would be: the packages of package-lock.json (npm ci), then a build');
    await step('installs the npm packages of package-lock.json', () => npm(['ci', '--no-audit', '--no-fund', '--no-progress']));
  }
  if (isStale(built, sources)) await step('builds', () => build());
}

/** As `npm run build`, the three products side by side: none of them reads what another writes. */
async function build(): Promise<void> {
  await npm(['run', 'generate']);
  await Promise.all([npm(['run', 'build:ts']), npm(['run', 'build', '-w', 'apps/agent']), npm(['run', 'build', '-w', 'apps/web'])]);
}

/** Whether one of the results is missing or older than the newest of the sources (patterns relative to the root). */
export function isStale(results: readonly string[], patterns: readonly string[], directory = root): boolean {
  const oldest = Math.min(...results.map((path) => modifiedMs(join(directory, path)) ?? -Infinity));
  const found = globSync(patterns, { cwd: directory, exclude: isGenerated });
  const newest = Math.max(0, ...found.map((path) => modifiedMs(join(directory, path)) ?? 0));
  return oldest < newest;
}

async function step(what: string, work: () => Promise<void>): Promise<void> {
  tell(what);
  const started = performance.now();
  await work();
  tell(`done in ${Math.round((performance.now() - started) / 1000)} s`);
}

async function npm(args: readonly string[]): Promise<void> {
  const { status, output } = await runQuietly('npm', args);
  if (status !== 0) throw new Trouble(`npm ${args.join(' ')} failed:\n${output.trimEnd()}`);
}

function isGenerated(path: string): boolean {
  return path.includes('/generated') || path.endsWith('.spec.ts') || path.includes('/testing/');
}

function modifiedMs(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}
