import { createBody, dockerRun } from './docker-run.ts';
import { splitReference } from './run-container.ts';
import { emptyForm, problemsOf, type RunForm, splitCommand } from './run-form.ts';

const form: RunForm = {
  ...emptyForm,
  image: 'nginx:1.29-alpine',
  name: 'web',
  command: `sh -c "echo 'it works'; exec nginx"`,
  ports: [
    { host: '8080', container: '80', protocol: 'tcp' },
    { host: '127.0.0.1:53', container: '53', protocol: 'udp' },
    { host: '', container: '', protocol: 'tcp' },
  ],
  environment: [{ name: 'GREETING', value: `it's me` }],
  mounts: [{ name: 'data', value: '/var/lib/data' }],
  memory: '512m',
  cpus: '1.5',
};

test('the command does the same as the request', () => {
  expect(dockerRun(form)).toBe(
    [
      'docker run -d',
      '--name web',
      '-p 8080:80',
      '-p 127.0.0.1:53:53/udp',
      `-e 'GREETING=it'\\''s me'`,
      '-v data:/var/lib/data',
      '-m 512m',
      '--cpus 1.5',
      '--restart unless-stopped',
      `nginx:1.29-alpine sh -c 'echo '\\''it works'\\''; exec nginx'`,
    ].join(' \\\n  '),
  );
  expect(createBody(form)).toEqual({
    Image: 'nginx:1.29-alpine',
    Cmd: ['sh', '-c', `echo 'it works'; exec nginx`],
    Env: [`GREETING=it's me`],
    ExposedPorts: { '80/tcp': {}, '53/udp': {} },
    HostConfig: {
      PortBindings: { '80/tcp': [{ HostPort: '8080' }], '53/udp': [{ HostIp: '127.0.0.1', HostPort: '53' }] },
      Binds: ['data:/var/lib/data'],
      Memory: 536_870_912,
      NanoCpus: 1_500_000_000,
      RestartPolicy: { Name: 'unless-stopped' },
    },
  });
});

test('a form with an image only is one short line', () => {
  expect(dockerRun({ ...emptyForm, image: 'redis', restart: 'no' })).toBe('docker run -d redis');
  expect(createBody({ ...emptyForm, image: 'redis', restart: 'no', hasTerminal: true })).toEqual({
    Image: 'redis',
    Tty: true,
    OpenStdin: true,
    HostConfig: { RestartPolicy: { Name: 'no' } },
  });
});

test.each([
  [{ image: ' ' }, { image: 'run.needsImage' }],
  [{ image: 'a b' }, { image: 'run.needsImage' }],
  [{ name: 'no blanks' }, { name: 'run.badName' }],
  [{ memory: '1m' }, { memory: 'run.badMemory' }],
  [{ memory: 'much' }, { memory: 'run.badMemory' }],
  [{ cpus: '0' }, { cpus: 'run.badCpus' }],
  [{ ports: [{ host: '80', container: '70000', protocol: 'tcp' }] }, { ports: 'run.badPort' }],
  [{ ports: [{ host: 'x', container: '80', protocol: 'tcp' }] }, { ports: 'run.badPort' }],
  [{ environment: [{ name: '', value: 'x' }] }, { environment: 'run.badVariable' }],
  [{ mounts: [{ name: 'data', value: 'relative' }] }, { mounts: 'run.badMount' }],
  [{ command: `echo "open` }, { command: 'run.badCommand' }],
  [{}, {}],
] satisfies [Partial<RunForm>, object][])('%j is told as %j', (change, problems) => {
  expect(problemsOf({ ...form, ...change })).toEqual(problems);
});

test('words are split as a shell would, and nothing is expanded', () => {
  expect(splitCommand(`a 'b c' "d \\" e" f\\ g '' $HOME`)).toEqual(['a', 'b c', 'd " e', 'f g', '', '$HOME']);
});

test('an image without a tag means latest, never all tags', () => {
  expect([
    splitReference('nginx'),
    splitReference('host:5000/a/b'),
    splitReference('host:5000/a:1'),
    splitReference('a@sha256:ff'),
  ]).toEqual([
    ['nginx', 'latest'],
    ['host:5000/a/b', 'latest'],
    ['host:5000/a', '1'],
    ['a', 'sha256:ff'],
  ]);
});
