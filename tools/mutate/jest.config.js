import { join } from 'node:path';
import config from '../../jest.config.js';

const root = join(import.meta.dirname, '../..');
const transformer = join(import.meta.dirname, 'mutating-transform.cjs');

/** The projects of the tests, with the transform that changes a rule. */
export default {
  ...config,
  rootDir: root,
  projects: config.projects.map((project) => ({
    ...project,
    rootDir: join(root, project.rootDir),
    transform: Object.fromEntries(Object.entries(project.transform).map(([pattern, [, options]]) => [pattern, [transformer, options]])),
  })),
};
