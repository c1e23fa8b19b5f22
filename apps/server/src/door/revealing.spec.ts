import { belongingsOf, Guarded, teamsEngine, type Told } from '../testing/index.ts';
import { tellsValues } from './values-asked-for.ts';

const [red, blue] = [belongingsOf('red', 'a'), belongingsOf('blue', 'b')];
const guarded = new Guarded(teamsEngine([red, blue]).engine);
const top = (addOns: readonly string[], args: string): Promise<Told> =>
  guarded.ask(guarded.rights('deployer', 'red', addOns), `GET /containers/red-web/top?ps_args=${encodeURIComponent(args)}`);
const needsReveal = { status: 403, value: { message: 'env:reveal is needed for this' } };

test.each([
  'axe',
  'axeww',
  'e',
  'eaux',
  'aux e',
  'auxe',
  '-ef e',
  '-eo pid,args',
  '-eo pid,cmd',
  '-o pid,environ',
  '-o pid -o command',
  '-F',
])('processes with the arguments %s, which may show values of variables, are for who may see those', async (args) => {
  expect(await top([], args)).toMatchObject(needsReveal);
  expect((await top(['env'], args)).status).toBe(200);
});

test('that somebody was shown values by a list of processes is in the audit log, as is that they were refused', async () => {
  guarded.deeds.splice(0);
  await top(['env'], 'axe');
  await top([], 'axe');
  await top([], 'aux');
  expect(guarded.deeds).toMatchObject([
    { action: 'ContainerReveal', outcome: 'done', status: 200 },
    { action: 'ContainerReveal', outcome: 'denied', status: 403 },
  ]);
  guarded.deeds.splice(0);
  const rights = guarded.rights('deployer', 'red');
  await guarded.ask(rights, 'GET /containers/red-web/json', { headers: { 'x-gantry-reveal': '1' } });
  expect(guarded.deeds).toMatchObject([{ action: 'ContainerReveal', outcome: 'denied', status: 403 }]);
});

test.each(['', '-ef', 'aux', '-eo pid,comm', '-o pid,ppid,rss', ' aux '])(
  'processes with the arguments %j are for who may see them',
  async (args) => {
    expect((await top([], args)).status).toBe(200);
  },
);

test('what looks like a secret in the command of a process is masked for who may not see values of variables', async () => {
  expect((await top([], 'aux')).value).toEqual({
    Titles: ['PID', 'CMD'],
    Processes: [
      ['1', 'serve --password ********'],
      ['7', 'worker'],
    ],
  });
  expect((await top(['env'], 'aux')).text).toContain('hunter2');
});

test('an image of a container, which has its variables, is made by who may see their values', async () => {
  const commit = (addOns: readonly string[]): Promise<Told> =>
    guarded.ask(guarded.rights('deployer', 'red', addOns), 'POST /commit?container=red-web', { body: {} });

  expect(await commit(['exec', 'files'])).toMatchObject(needsReveal);
  expect((await commit(['env'])).status).toBe(200);
});

test('a program is told values by right alone, as it cannot say that a person wants to see them; a browser has to ask', () => {
  expect([tellsValues({}, { certificate: 'laptop' }), tellsValues({}, { isToken: true }), tellsValues({ isReveal: true }, {})]).toEqual([
    true,
    true,
    true,
  ]);
  expect(tellsValues({}, {})).toBe(false);
});
