import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { debianPython, peerPath } from '@gantry/engine-api/testing';
import { parse } from 'yaml';
import { fullForm } from '../../testing/full-form.ts';
import { composeYaml } from './compose-yaml.ts';
import { createBody } from './create-body.ts';
import { dockerRun } from './docker-run.ts';
import { emptyForm, type RunForm } from './run-form.ts';

// What the sheet prints, read by the programs that it is for: Debian's docker CLI and docker-compose.
const opened = closedAfterEach();
const run = promisify(execFile);

/** Answers as an engine that takes everything, and remembers what it was to create. */
async function recorder(): Promise<{ socket: string; created: { query: URLSearchParams; body: unknown }[] }> {
  const { path } = opened.use(await temporaryDirectory());
  const socket = join(path, 'docker.sock');
  const created: { query: URLSearchParams; body: unknown }[] = [];
  const server = createServer((request, response) => {
    void textOf(request).then((text) => {
      response.setHeader('api-version', '1.51').setHeader('ostype', 'linux').setHeader('content-type', 'application/json');
      const [address = '', query = ''] = (request.url ?? '').split('?');
      if (!address.endsWith('/containers/create')) return response.end(address.endsWith('/_ping') ? 'OK' : '{}');
      created.push({ query: new URLSearchParams(query), body: JSON.parse(text) });
      return response.writeHead(201).end(JSON.stringify({ Id: 'a'.repeat(64), Warnings: [] }));
    });
  }).listen(socket);
  opened.defer(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  await once(server, 'listening');
  return { socket, created };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

/** Without what is empty, in every depth, and what the CLI writes of itself: Go writes all fields of a body. */
function filled(value: unknown): unknown {
  // The CLI keeps some lists in maps of Go, whose order is by chance.
  if (Array.isArray(value)) return value.map(filled).sort((one, other) => JSON.stringify(one).localeCompare(JSON.stringify(other)));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, filled(item)] as const);
  const isItsOwn = (key: string, item: unknown): boolean => key === 'ConsoleSize' || (key === 'NetworkMode' && item === 'default');
  return Object.fromEntries(entries.filter(([key, item]) => !isEmpty(item) && !isItsOwn(key, item)));
}

const isEmpty = (item: unknown): boolean =>
  [null, undefined, '', false, 0, -1].includes(item as null) || (typeof item === 'object' && Object.keys(item as object).length === 0);

async function sentBy(form: RunForm): Promise<{ query: URLSearchParams; body: Record<string, unknown> }> {
  const { socket, created } = await recorder();
  const docker = peerPath('docker.io').split(':').at(-1) ?? '';
  const env = {
    PATH: `${docker}:${process.env['PATH'] ?? ''}`,
    DOCKER_HOST: `unix://${socket}`,
    HOME: '/nonexistent',
    DOCKER_CONFIG: '/nonexistent',
  };
  await run('sh', ['-c', dockerRun(form)], { env, timeout: 90_000 });
  const [only] = created;
  if (!only) throw new Error('nothing was created');
  return only as { query: URLSearchParams; body: Record<string, unknown> };
}

test('the docker CLI asks with the printed command for what the sheet itself would ask', async () => {
  // Debian's CLI (20.10) knows neither these, nor hardware addresses of one network among several.
  const form = { ...fullForm, annotations: '', healthStartInterval: '', networks: fullForm.networks.map((one) => ({ ...one, mac: '' })) };
  const { query, body } = await sentBy(form);

  expect([query.get('name'), query.get('platform')]).toEqual(['api', 'linux/amd64']);
  expect(filled(body)).toEqual(filled({ ...createBody(form), ...valuesOf(body) }));
}, 180_000);

/** What the CLI writes of itself: where its own streams go, and its screen. */
function valuesOf(body: Record<string, unknown>): Record<string, unknown> {
  const { AttachStdin, AttachStdout, AttachStderr } = body;
  return { AttachStdin, AttachStdout, AttachStderr };
}

test.each<[string, Partial<RunForm>]>([
  ['nothing', {}],
  [
    'the host network and no health check',
    { networks: [{ name: 'host', aliases: '', ipv4: '', ipv6: '', mac: '', priority: '' }], health: 'none' },
  ],
  [
    'no entrypoint, all GPUs and open paths of the kernel',
    { hasNoEntrypoint: true, command: 'sh', gpus: 'all', securityOptions: 'systempaths=unconfined' },
  ],
  [
    'a volume without a name that is only read',
    { mounts: [{ kind: 'volume', source: '', target: '/x', isReadOnly: true, options: '' }], isRemoved: true, restart: 'no' },
  ],
])(
  'so it does with %s',
  async (_what, change) => {
    const form = { ...emptyForm, image: 'busybox', ...change };
    const { body } = await sentBy(form);

    expect(filled(body)).toEqual(filled({ ...createBody(form), ...valuesOf(body) }));
  },
  180_000,
);

test('docker-compose takes the printed file and reads of it what was filled in', async () => {
  const { path } = opened.use(await temporaryDirectory());
  const file = join(path, 'shop', 'compose.yaml');
  await mkdir(dirname(file));
  // Debian's compose 1.29 knows neither these keys nor a GPU without a driver.
  const form: RunForm = {
    ...{ ...fullForm, annotations: '', healthStartInterval: '', pull: 'missing', cgroupnsMode: '', utsMode: '', gpus: '' },
    networks: fullForm.networks.map((network) => ({ ...network, mac: '' })),
  };
  await writeFile(file, composeYaml(form));
  const { program, environment, compose } = debianPython();

  const { stdout } = await run(program, [compose, '-f', file, 'config'], {
    env: { ...environment, HOME: '/nonexistent' },
    timeout: 90_000,
  });

  const { services } = parse(stdout) as { services: Record<string, Record<string, unknown>> };
  expect(services['api']).toMatchObject({
    image: 'shop/api:1.4',
    container_name: 'api',
    command: ['--greet', `it's $$5`],
    environment: { GREETING: `it's "me" & $\${YOU}`, LINES: 'one\ntwo: 2', EMPTY: '', NUMBER: '010' },
    labels: { team: 'shop', 'traefik.http.routers.api.rule': 'Host(`shop.example`) && PathPrefix(`/`)' },
    restart: 'on-failure:5',
    healthcheck: { test: ['CMD-SHELL', 'curl -f "http://localhost/$$HEALTH" || exit 1'], interval: '30s', retries: 4 },
    ulimits: { nofile: { soft: 1024, hard: 4096 } },
    cap_add: ['NET_ADMIN', 'SYS_TIME'],
  });
}, 180_000);
