import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { debianPython } from '@gantry/engine-api/testing';
import { root } from './run-program.ts';

const opened = closedAfterEach();
const composeFile = join(root, 'docker-compose.yml');

interface Composed {
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
}

/** What Debian's docker-compose (1.29) makes of a file. */
function compose(file: string, environment: Readonly<Record<string, string>>): Composed {
  const python = debianPython();
  const { status, stdout, stderr, error } = spawnSync(python.program, [python.compose, '--file', file, 'config'], {
    encoding: 'utf8',
    env: { ...python.environment, ...environment },
  });
  if (error) throw error;
  return { status, output: stdout, errors: stderr };
}

test('compose takes our file: a server with a PostgreSQL of its own, on loopback unless told otherwise', () => {
  const { status, output } = compose(composeFile, { POSTGRES_PASSWORD: 'secret' });

  expect(status).toBe(0);
  expect(output).toContain('DATABASE_URL: postgresql://gantry:secret@postgres:5432/gantry');
  expect(output).toContain('- 127.0.0.1:7443:7443/tcp');
  expect(output).toContain(`- ${root}:/gantry:rw`);
  expect(output).toContain('condition: service_healthy');
  expect(compose(composeFile, { POSTGRES_PASSWORD: 'secret', GANTRY_BIND: '0.0.0.0' }).output).toContain('- 0.0.0.0:7443:7443/tcp');
});

test('without a password compose says what to set, and a wrong key would be seen', async () => {
  const { path } = opened.use(await temporaryDirectory());
  const wrong = join(path, 'docker-compose.yml');
  await writeFile(wrong, (await readFile(composeFile, 'utf8')).replaceAll('start_period', 'start_perod'));

  expect(compose(composeFile, {})).toMatchObject({ status: 1, errors: expect.stringContaining('set it in .env') as string });
  expect(compose(wrong, { POSTGRES_PASSWORD: 'secret' })).toMatchObject({
    status: 1,
    errors: expect.stringContaining("services.server.healthcheck value 'start_perod'") as string,
  });
});
