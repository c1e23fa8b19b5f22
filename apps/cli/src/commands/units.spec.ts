import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { peerPath } from '@gantry/engine-api/testing';
import { readSettings } from '../config.ts';
import { unitFile } from './units.ts';

const opened = closedAfterEach();

/** What Debian's systemd says of unit files, by name; nothing where it takes every line as it is meant. */
async function verdict(units: Readonly<Record<string, string>>): Promise<string> {
  const { path } = opened.use(await temporaryDirectory());
  const tree = dirname(
    dirname(
      peerPath('systemd')
        .split(':')
        .find((folder) => folder.endsWith('usr/bin')) ?? '',
    ),
  );
  const files = Object.keys(units).map((name) => join(path, name));
  for (const file of files) await writeFile(file, units[file.slice(path.length + 1)] ?? '');
  const libraries = globSync(['{,usr/}lib/systemd', '{,usr/}lib/*-linux-gnu{,/systemd}'], { cwd: tree }).map((folder) =>
    join(tree, folder),
  );
  const environment = { LD_LIBRARY_PATH: libraries.join(':'), SYSTEMD_UNIT_PATH: [path, join(tree, 'lib/systemd/system')].join(':') };
  const { status, stderr, error } = spawnSync(join(tree, 'usr/bin/systemd-analyze'), ['verify', '--man=no', ...files], {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  });
  if (error) throw error;
  return `${stderr.replaceAll(`${path}/`, '')}${status === 0 ? '' : `status ${status}`}`;
}

test('systemd takes every line of our units as it is meant, whatever stands in the settings', async () => {
  const { path } = opened.use(await temporaryDirectory());
  const root = join(path, 'a clone "here" $HOME 100%');
  await mkdir(root);
  await writeFile(join(root, 'gantry'), '#!/bin/sh\n', { mode: 0o755 });
  const environment = { DATABASE_URL: 'postgresql://gantry:a%20b$c@db.example/gantry' };
  const wide = readSettings({ url: 'https://gantry.example:8443', port: '8443', engine: 'native', 'behind-proxy': true }, environment);
  const plain = readSettings({}, {});
  const code = '/run/gantry/local-join-code';

  const units = {
    'gantry-server.service': unitFile('server', { root, settings: wide, codeFile: code }),
    'gantry-agent.service': unitFile('agent', { root, settings: wide, codeFile: code }),
    'alone-server.service': unitFile('server', { root, settings: plain, codeFile: undefined }),
    'alone-agent.service': unitFile('agent', { root, settings: plain, codeFile: undefined }),
  };

  expect(await verdict(units)).toBe('');
});

test('what systemd would not take is seen', async () => {
  const settings = readSettings({}, {});
  const unit = unitFile('agent', { root: '/opt/gantry', settings, codeFile: undefined }).replace('KillMode=process', 'KillMode=nothing');

  const said = await verdict({ 'gantry-agent.service': unit });

  expect(said).toContain('Failed to parse kill mode');
});
