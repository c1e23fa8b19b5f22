import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { closedAfterEach } from '@gantry/base/testing';
import { startExternalPostgres } from '@gantry/db/testing';
import { gantry, RunningGantry } from '../testing/gantry.ts';
import { Person } from '../testing/person.ts';
import { makeRoots } from '../testing/roots.ts';

const opened = closedAfterEach();
const heard = /^\{"event":"listening".*\}$/;

interface Listening {
  readonly url: string;
  readonly setupCode?: string;
}

test('a server with a PostgreSQL of the operator is set up, started again and signed in to; no database is on its own disk', async () => {
  const postgres = opened.use(await startExternalPostgres());
  const roots = await makeRoots(opened);
  const words = ['server', '--port', '0', '--listen', '127.0.0.1', ...roots.words];
  const start = async (): Promise<{ server: RunningGantry; listening: Listening }> => {
    const server = opened.use(new RunningGantry(words, { DATABASE_URL: postgres.url }));
    const [line] = await server.says(heard);
    return { server, listening: JSON.parse(line) as Listening };
  };
  const first = await start();
  const ada = await Person.meet(first.listening.url);
  expect(await ada.ask('GET /readyz')).toMatchObject({ status: 200 });
  expect(await ada.setUp(first.listening.setupCode ?? '')).toMatchObject({ status: 201, body: { name: 'ada', role: 'owner' } });
  const held = 'select name, "builtIn" as role, scope from "User" join "Grant" on "userId" = "User".id';
  expect(await postgres.query(held)).toEqual([{ name: 'ada', role: 'owner', scope: 'global' }]);
  expect(await first.server.end('SIGTERM')).toBe(0);

  const second = await start();
  expect(second.listening.setupCode).toBeUndefined();
  expect(await Person.knowing(second.listening.url, ada.authority).signIn()).toMatchObject({ status: 201 });

  expect(existsSync(join(roots.data, 'postgres'))).toBe(false);
  expect(second.server.lines.join('\n')).not.toContain(postgres.password);
  const file = join(roots.directory, 'keys.tgz');
  const { output } = await gantry(['backup', file, ...roots.words], { environment: { DATABASE_URL: postgres.url } });
  expect(output).toContain('holds the keys; the database is elsewhere');
}, 120_000);

test('a PostgreSQL that does not let the server in is one sentence without its password', async () => {
  const postgres = opened.use(await startExternalPostgres());
  const roots = await makeRoots(opened);
  const wrong = postgres.url.replace(encodeURIComponent(postgres.password), 'wrong-word');

  const { status, errors } = await gantry(['server', '--port', '0', '--listen', '127.0.0.1', ...roots.words], {
    environment: { DATABASE_URL: wrong },
  });

  expect(status).toBe(1);
  expect(errors).toMatch(/^server did not start: DATABASE_URL: PostgreSQL at 127\.0\.0\.1:\d+\/postgres cannot be used: .+\n$/);
  expect(errors).not.toContain('wrong-word');
});
