import { accessSync, constants, globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { programPath } from '../config.ts';
import type { Need } from './packages.ts';

/** The needs that this machine does not meet. */
export function whatIsMissing(needs: readonly Need[], path = programPath()): Need[] {
  return needs.filter(({ programs = [], files = [] }) => !programs.some((name) => findProgram(name, path)) && globSync(files).length === 0);
}

/** Where a program lies that this user may run. */
export function findProgram(name: string, path = programPath()): string | undefined {
  return path.map((directory) => join(directory, name)).find(isRunnable);
}

function isRunnable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
