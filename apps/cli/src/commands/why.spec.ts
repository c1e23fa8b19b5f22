import { closedAfterEach } from '@gantry/base/testing';
import { gantry, RunningGantry } from '../testing/gantry.ts';
import { Person } from '../testing/person.ts';
import { makeRoots } from '../testing/roots.ts';

const opened = closedAfterEach();

test('why somebody may do something is told beside the running server and without it, and the status is the answer', async () => {
  const roots = await makeRoots(opened);
  const server = opened.use(new RunningGantry(['server', '--port', '0', '--listen', '127.0.0.1', ...roots.words]));
  const [line] = await server.says(/^\{"event":"listening".*/);
  const { url, setupCode } = JSON.parse(line) as { url: string; setupCode: string };
  expect(await (await Person.meet(url)).setUp(setupCode)).toMatchObject({ status: 201 });
  const why = (...words: string[]): ReturnType<typeof gantry> => gantry(['why', ...words, ...roots.words]);
  const may = { status: 0, output: 'ada may system:backup installation: role owner everywhere\n', errors: '' };

  expect(await why('ada', 'system:backup', 'installation')).toEqual(may);
  await server.end('SIGTERM');
  expect(await why('ada', 'system:backup', 'installation')).toEqual(may);
  expect(await why('eve', 'system:backup', 'installation')).toEqual({
    status: 2,
    output: '',
    errors: 'gantry: no such person: eve; there is ada\n',
  });
  expect(await why('ada', 'host:view', 'host/fra1')).toEqual({
    status: 2,
    output: '',
    errors: 'gantry: no such host: fra1; there is none\n',
  });
}, 120_000);

test('missing words, and an installation that is not there, are no answer', async () => {
  const roots = await makeRoots(opened);

  expect(await gantry(['why', 'ada'])).toEqual({
    status: 2,
    output: '',
    errors: 'gantry: why needs <action>: gantry why <user> <action> <object>\n',
  });
  expect(await gantry(['why', 'a', 'b', 'c', 'd'])).toMatchObject({
    status: 2,
    errors: 'gantry: why does not know what to do with d\n\nsee: gantry why --help\n',
  });
  expect(await gantry(['why', 'ada', 'host:view', 'installation', ...roots.words])).toMatchObject({
    status: 2,
    output: '',
    errors: expect.stringContaining(roots.data) as string,
  });
  expect((await gantry(['why', '--help'])).output).toContain('usage: gantry why [flags] <user> <action> <object>\n');
  expect((await gantry(['--help'])).output).toMatch(/^ {2}why +tell why somebody may do something/m);
});
