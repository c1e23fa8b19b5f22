import { existsSync, globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { peerPath } from './peers.ts';

export interface DebianPython {
  readonly program: string;
  /** What it needs to find its modules: docker-py and those of docker-compose. */
  readonly environment: Readonly<Record<string, string>>;
  /** docker-compose 1.29, a script for it. */
  readonly compose: string;
}

/** Debian's Python with what its package docker-compose brings, which is not installed. */
export function debianPython(): DebianPython {
  const programs = peerPath('docker-compose');
  const folder = programs.split(':').find((path) => path.endsWith('usr/bin')) ?? '';
  const tree = dirname(dirname(folder));
  const libraries = globSync('{,usr/}lib/*-linux-gnu', { cwd: tree }).map((path) => join(tree, path));
  return {
    // Debian's, not another one that stands first in the path: it has the modules that this machine does not lack.
    program: [join(folder, 'python3'), '/usr/bin/python3'].find((path) => existsSync(path)) ?? 'python3',
    environment: {
      PATH: `${process.env['PATH'] ?? ''}:${programs}`,
      PYTHONPATH: join(tree, 'usr/lib/python3/dist-packages'),
      PYTHONDONTWRITEBYTECODE: '1',
      LD_LIBRARY_PATH: libraries.join(':'),
    },
    compose: join(folder, 'docker-compose'),
  };
}
