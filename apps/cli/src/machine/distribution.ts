import { globSync, readFileSync } from 'node:fs';
import { Trouble } from '../trouble.ts';
import { type PackageManager, packageManagers } from './packages.ts';
import { findProgram } from './what-is-missing.ts';

export interface Distribution {
  readonly name: string;
  readonly manager: PackageManager | undefined;
}

/** Which distribution this is, and by what it installs packages. */
export function distributionOf(
  release = readRelease(),
  has: (program: string) => boolean = (name) => findProgram(name) !== undefined,
): Distribution {
  const name = /^PRETTY_NAME="?([^"\n]*)/m.exec(release)?.[1] ?? 'this distribution';
  return { name, manager: packageManagers.find(({ program }) => has(program)) };
}

/** Refuses what cannot work at all, in one sentence. */
export function refuseUnsupported(platform: string = process.platform, isGlibc = hasGlibc()): void {
  if (platform !== 'linux') throw new Trouble(`Gantry runs on Linux; this is ${platform}`);
  if (!isGlibc) {
    throw new Trouble('Gantry needs glibc: the Node and PostgreSQL that npm brings do not run on Alpine and other musl systems');
  }
}

function hasGlibc(): boolean {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime !== undefined || globSync('/lib/ld-musl-*').length === 0;
}

function readRelease(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8');
  } catch {
    return '';
  }
}
