import { installerEnvironment } from '../config.ts';
import { tell } from '../say.ts';
import { Trouble } from '../trouble.ts';
import { type Distribution, distributionOf } from './distribution.ts';
import type { Need } from './packages.ts';
import { runQuietly } from './run-program.ts';

/** The packages of this distribution that bring what is missing; a need without one is named. */
export function packagesFor(missing: readonly Need[], { name, manager }: Distribution): string[] {
  if (!manager) {
    const names = missing.map((need) => need.name).join(', ');
    throw new Trouble(`${name} has none of apt, dnf, zypper and pacman: install ${names} by hand and start again`);
  }
  const unknown = missing.find(({ packages }) => packages[manager.name] === undefined);
  if (unknown)
    throw new Trouble(`${unknown.name} ${unknown.purpose} and is not installed: ${name} has no package that is known to bring it`);
  return [...new Set(missing.flatMap(({ packages }) => packages[manager.name] ?? []))];
}

/** The command that installs what is missing, with what each is for. */
export function stepsToInstall(missing: readonly Need[]): string[] {
  if (missing.length === 0) return [];
  const distribution = distributionOf();
  const packages = packagesFor(missing, distribution);
  const purposes = missing.map(({ name, purpose }) => `${name} ${purpose}`).join('; ');
  return distribution.manager ? [`${[...distribution.manager.install, ...packages].join(' ')} (${purposes})`] : [];
}

/** Says what it is about to install and installs it; says only what it would do where it may not, or cannot. */
export async function installPackages(missing: readonly Need[], mayInstall: boolean): Promise<void> {
  if (missing.length === 0) return;
  const distribution = distributionOf();
  const packages = packagesFor(missing, distribution);
  const { manager } = distribution;
  if (!manager) return;
  const command = [...manager.install, ...packages].join(' ');
  for (const { name, purpose } of missing) tell(`${name} is missing: it ${purpose}`);
  if (!mayInstall) throw new Trouble(`nothing was installed; this would be: ${command}`);
  if (process.getuid?.() !== 0) throw new Trouble(`installing needs root; run: sudo ${command}`);
  tell(`installs ${packages.join(', ')} (${command})`);
  await runOrFail(manager.refresh);
  await runOrFail([...manager.install, ...packages]);
}

async function runOrFail(words: readonly string[]): Promise<void> {
  const [command = '', ...args] = words;
  const { status, output } = await runQuietly(command, args, { environment: installerEnvironment() });
  if (status !== 0) throw new Trouble(`${words.join(' ')} failed:\n${output.trimEnd()}`);
}
