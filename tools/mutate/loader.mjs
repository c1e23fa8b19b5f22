// Loads the sources as Jest does, with all mutants of the guarded files asleep in them, or with one text changed.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/core';
import config from '../../jest.config.js';
import { allMutants, root, withMutants } from './mutants.mjs';

const [[, options]] = Object.values(config.projects[0].transform);

/** @param changed `{ file, from, to }`: that text of one file instead of the mutants. */
export function loadWith(changed) {
  const byFile = changed ? new Map() : Map.groupBy(allMutants(), ({ file }) => file);
  registerHooks({
    load(url, context, next) {
      if (!url.startsWith('file:') || !url.endsWith('.ts') || url.includes('/node_modules/')) return next(url, context);
      const path = fileURLToPath(url);
      const file = relative(root, path);
      const text = readFileSync(path, 'utf8');
      const mutants = byFile.get(file) ?? [];
      const asleep = withMutants(
        text,
        mutants,
        mutants.map(({ id }) => id),
      );
      const source = file === changed?.file ? text.replace(changed.from, () => changed.to) : asleep;
      return {
        format: 'module',
        source: transformSync(source, { ...options, filename: join(root, file), swcrc: false }).code,
        shortCircuit: true,
      };
    },
  });
}
