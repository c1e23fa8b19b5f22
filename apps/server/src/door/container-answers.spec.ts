import { inspectContainer, listContainers, listProcesses } from './container-answers.ts';
import type { Looking } from './looking.ts';

const subject = { kind: 'container', id: 'c', name: 'web', labels: {} } as const;

function looking(may: boolean, more: Partial<Looking> & { readonly limit?: string } = {}): Looking {
  const { limit, ...rest } = more;
  const sight = { seesEverything: true, may: () => may, sees: ({ id }: { id: string }) => id !== 'foreign' };
  return { things: { sight }, call: { asked: { limit } }, subject, tellsValues: true, ...rest } as unknown as Looking;
}

const withSecrets = {
  Id: 'c',
  Args: ['--password', 'hunter2'],
  Config: {
    Env: ['TOKEN=hunter2', 'EMPTY'],
    Cmd: ['--token', 'hunter2'],
    Entrypoint: ['sh', '-c', 'PASSWORD=hunter2 run'],
    Labels: { 'db.password': 'hunter2', team: 'web' },
    Healthcheck: { Test: ['CMD', '--secret', 'hunter2'], Interval: 5 },
  },
  HostConfig: {
    LogConfig: { Type: 'splunk', Config: { 'splunk-token': 'hunter2' } },
    Mounts: [
      { Type: 'volume', VolumeOptions: { DriverConfig: { Name: 'local', Options: { o: 'username=ada,password=hunter2' } } } },
      { Type: 'volume', VolumeOptions: { DriverConfig: { Name: 'local', Options: null } } },
      { Type: 'volume', VolumeOptions: { NoCopy: true } },
      { Type: 'bind', Source: '/srv' },
      null,
    ],
  },
};
const masked = JSON.parse(JSON.stringify(withSecrets).replaceAll('hunter2', '********')) as typeof withSecrets;

test('a container is shown without any of its secrets, wherever they stand, and with everything else as it is', () => {
  expect(inspectContainer(withSecrets, looking(false))).toStrictEqual(masked);
});

test('its values are told only where they are asked for, the container is known, and the right to them is there', () => {
  expect(inspectContainer(withSecrets, looking(true))).toBe(withSecrets);
  expect(inspectContainer(withSecrets, looking(true, { tellsValues: false }))).toStrictEqual(masked);
  expect(inspectContainer(withSecrets, looking(true, { subject: undefined }))).toStrictEqual(masked);
});

test.each([
  { Id: 'c' },
  { Id: 'c', Config: null, HostConfig: null, Args: null },
  {
    Config: { Env: null, Cmd: null, Entrypoint: null, Labels: null, Healthcheck: null },
    HostConfig: { LogConfig: null, Mounts: null },
  },
  { Config: { Labels: [] }, HostConfig: { LogConfig: { Type: 'none', Config: null } } },
])('what an engine leaves out, or says in a form that holds no secret, stays so: %#', (answer) => {
  expect(inspectContainer(answer, looking(false))).toStrictEqual(answer);
});

test('the commands of processes are masked in the last column for who may not see the values', () => {
  const answer = { Titles: ['PID', 'CMD'], Processes: [['TOKEN=1', 'run --password hunter2']] };
  const hidden = { Titles: ['PID', 'CMD'], Processes: [['TOKEN=1', 'run --password ********']] };

  expect(listProcesses(answer, looking(true))).toBe(answer);
  expect(listProcesses(answer, looking(false))).toStrictEqual(hidden);
  expect(listProcesses(answer, looking(true, { subject: undefined }))).toStrictEqual(hidden);
  expect(listProcesses({ Processes: null }, looking(false))).toStrictEqual({ Processes: null });
});

test('a list is what is seen, no longer than asked for, and its commands and labels hold no secret', () => {
  const items = [
    { Id: 'foreign', Names: ['/f'], Command: 'x', Labels: {} },
    { Id: 'a', Names: ['/a'], Command: 'run --password hunter2', Labels: { token: 'hunter2' } },
    { Id: 'b', Names: ['/b'] },
  ];
  const [, first, second] = items;
  const hidden = { ...first, Command: 'run --password ********', Labels: { token: '********' } };

  expect(listContainers(items, looking(true))).toStrictEqual([first, second]);
  expect(listContainers(items, looking(true, { limit: '0' }))).toStrictEqual([first, second]);
  expect(listContainers(items, looking(true, { limit: '-1' }))).toStrictEqual([first, second]);
  expect(listContainers(items, looking(true, { limit: '1' }))).toStrictEqual([first]);
  expect(listContainers(items, looking(false))).toStrictEqual([hidden, second]);
});
