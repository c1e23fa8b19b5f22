import { fullForm } from '../../testing/full-form.ts';
import { createBody } from './create-body.ts';
import { dockerRun } from './docker-run.ts';
import { problemsOf } from './form-problems.ts';
import { readDockerRun } from './read-docker-run.ts';
import { splitReference } from './run-container.ts';
import { emptyForm, type RunForm } from './run-form.ts';
import { splitCommand } from './shell-words.ts';

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
  mounts: [{ kind: 'volume', source: 'data', target: '/var/lib/data', isReadOnly: false, options: '' }],
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
      '--restart unless-stopped',
      '--cpus 1.5',
      '-m 512m',
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
  expect(createBody({ ...emptyForm, image: 'redis', restart: 'no', hasTerminal: true, hasInput: true })).toEqual({
    Image: 'redis',
    Tty: true,
    OpenStdin: true,
    HostConfig: { RestartPolicy: { Name: 'no' } },
  });
});

test('what is written as JSON is merged into the request', () => {
  const other = '{"StdinOnce":true,"HostConfig":{"Annotations":{"a":"b"},"Mounts":[{"Type":"image","Source":"tools","Target":"/tools"}]}}';
  const mounts = [{ kind: 'volume', source: '', target: '/cache', isReadOnly: true, options: '' }] as const;
  expect(createBody({ ...emptyForm, image: 'redis', other, mounts })).toEqual({
    Image: 'redis',
    StdinOnce: true,
    HostConfig: {
      RestartPolicy: { Name: 'unless-stopped' },
      Annotations: { a: 'b' },
      Mounts: [
        { Type: 'volume', Target: '/cache', ReadOnly: true },
        { Type: 'image', Source: 'tools', Target: '/tools' },
      ],
    },
  });
});

test.each([
  [{ image: ' ' }, { image: 'run.needsImage' }],
  [{ image: 'a b' }, { image: 'run.needsImage' }],
  [{ name: 'no blanks' }, { name: 'run.badName' }],
  [{ memory: '1m' }, { memory: 'run.badMemory' }],
  [{ memory: 'much' }, { memory: 'run.badMemory' }],
  [{ memorySwap: '-1' }, {}],
  [{ shmSize: '-1' }, { shmSize: 'launch.badSize' }],
  [{ pids: 'few' }, { pids: 'launch.badNumber' }],
  [{ cpus: '0' }, { cpus: 'run.badCpus' }],
  [{ ports: [{ host: '80', container: '70000', protocol: 'tcp' }] }, { ports: 'run.badPort' }],
  [{ ports: [{ host: 'x', container: '80', protocol: 'tcp' }] }, { ports: 'run.badPort' }],
  [{ ports: [{ host: '80-82', container: '80-81', protocol: 'tcp' }] }, { ports: 'run.badPort' }],
  [{ environment: [{ name: '', value: 'x' }] }, { environment: 'run.badVariable' }],
  [{ environment: [{ name: 'TOKEN', value: '********' }] }, { environment: 'launch.hiddenVariable' }],
  [{ labels: [{ name: 'token', value: '********' }] }, { labels: 'launch.hiddenVariable' }],
  [{ command: 'serve --password ********' }, { command: 'launch.hiddenVariable' }],
  [{ mounts: [{ kind: 'volume', source: 'data', target: 'relative', isReadOnly: false, options: '' }] }, { mounts: 'launch.badMount' }],
  [
    { networks: ['host', 'back'].map((name) => ({ name, aliases: '', ipv4: '', ipv6: '', mac: '', priority: '' })) },
    { networks: 'launch.badNetworks' },
  ],
  [{ command: `echo "open` }, { command: 'run.badCommand' }],
  [{ health: 'shell', healthInterval: '3x' }, { healthInterval: 'launch.badDuration' }],
  [{ ulimits: 'nofile' }, { ulimits: 'launch.badUlimit' }],
  [{ gpus: 'some' }, { gpus: 'launch.badGpus' }],
  [{ readBps: '/dev/sda' }, { readBps: 'launch.badRate' }],
  [{ other: '[1]' }, { other: 'launch.badJson' }],
  [{}, {}],
] satisfies [Partial<RunForm>, object][])('%j is told as %j', (change, problems) => {
  expect(problemsOf({ ...form, ...change })).toEqual(problems);
});

test('words are split as a shell would, and nothing is expanded', () => {
  expect(splitCommand(`a 'b c' "d \\" \\e" f\\ g '' $HOME \\\n  next`)).toEqual(['a', 'b c', 'd " \\e', 'f g', '', '$HOME', 'next']);
});

test('a command that was printed fills the same form again', () => {
  expect(problemsOf(fullForm)).toEqual({});
  expect(readDockerRun(dockerRun(fullForm))).toEqual({ form: { ...fullForm, command: `--greet 'it'\\''s $5'` }, left: [] });
});

test.each([
  [
    'sudo docker run -it --rm -p80:80 -eA=b --name=x alpine:3 sh',
    { hasTerminal: true, hasInput: true, isRemoved: true, name: 'x', image: 'alpine:3', command: 'sh' },
  ],
  [
    '$ docker container run -dp 8080:80 -v ./site:/x:ro,z nginx',
    { mounts: [{ kind: 'bind', source: './site', target: '/x', isReadOnly: true, options: 'z' }] },
  ],
  ['podman run --net=host --restart always --entrypoint "" img a "b c"', { restart: 'always', hasNoEntrypoint: true, command: `a 'b c'` }],
  [
    'docker run --network back --ip 10.0.0.2 --network-alias db --mount type=bind,src=/a,dst=/b,readonly img',
    {
      networks: [{ name: 'back', aliases: 'db', ipv4: '10.0.0.2', ipv6: '', mac: '', priority: '' }],
      mounts: [{ kind: 'bind', source: '/a', target: '/b', isReadOnly: true, options: '' }],
    },
  ],
  [
    'docker run --gpus \'"device=0,1"\' --health-cmd "true" --ulimit nofile=5 -- img',
    { gpus: 'device=0,1', health: 'shell', healthCommand: 'true', ulimits: 'nofile=5', image: 'img' },
  ],
] satisfies [string, Partial<RunForm>][])('%s is read', (line, expected) => {
  expect(readDockerRun(line)?.form).toMatchObject(expected);
  expect(readDockerRun(line)?.left).toEqual([]);
});

test('what means nothing here is told, and what is no command is none', () => {
  expect(readDockerRun('docker run --env-file .env -e HOME --frobnicate img')?.left).toEqual([
    '--env-file .env',
    '-e HOME',
    '--frobnicate',
  ]);
  expect(readDockerRun('docker ps')).toBeUndefined();
  expect(readDockerRun('echo docker run x')).toBeUndefined();
  expect(readDockerRun('docker run "open')).toBeUndefined();
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
