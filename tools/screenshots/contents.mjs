// What runs on the hosts of the pictures: a shop, its billing and some machines of a workshop. Programs are small shell scripts that log as such programs do.
import { Buffer } from 'node:buffer';
import { busyboxImage, tarOf } from '@gantry/engine-api/testing';
import { askEngine } from './fleet.mjs';

const paint = (colour, words) => `\\033[${colour}m${words}\\033[0m`;
const every = (seconds, lines) =>
  `i=0; while true; do i=$((i+1)); case $((i % ${lines.length})) in ${lines
    .map((line, index) => `${index}) ${line};;`)
    .join(' ')} esac; sleep ${seconds}; done`;
const say = (text) => `printf "${text}\\n"`;
const json = (fields) => `echo '{${fields}}'`;

/** Holds some memory, as programs do. */
const holding = (megabytes, script) => `held=$(head -c ${megabytes * 1_000_000} /dev/zero | tr '\\0' x); ${script}`;
const api = every(0.9, [
  say(`INFO  POST /api/v1/orders ${paint(32, '201')} ${paint(36, '48ms')}`),
  say('INFO  订单 $((88000+i)) 已发货 → 仓库 SHA-2'),
  say('DEBUG job 7f21c enqueued queue=mail'),
  say(`WARN  slow query ${paint(33, '$((700+i%90))ms')} SELECT id, total FROM orders WHERE tenant_id=$((i%40))`),
  say('INFO  cache hit user:$((88000+i))'),
  say(`INFO  GET /api/v1/cart ${paint(32, '200')} ${paint(36, '$((4+i%9))ms')}`),
  say('DEBUG token refreshed sub=lin.wei exp=3600'),
  say(`ERROR upstream billing-api:3000 timed out after ${paint(36, '5000ms')} \\(attempt 2/3\\)`)
    .replaceAll('\\(', '(')
    .replaceAll('\\)', ')'),
  say(`INFO  GET /healthz ${paint(32, '200')} 1ms`),
]);
const pino = every(1.3, [
  json('"level":30,"msg":"invoice sent","invoice":"2026-1183","total":"128.40"'),
  json('"level":30,"msg":"payment received","provider":"sepa"'),
  json('"level":40,"msg":"retry","attempt":2,"provider":"card"'),
  json('"level":20,"msg":"ledger balanced","entries":412'),
]);
const access = every(0.7, [
  say('10.5.0.7 "GET / HTTP/1.1" 200 5316'),
  say('10.5.0.9 "GET /assets/app.js HTTP/1.1" 304 0'),
  say('10.5.0.7 "POST /api/v1/cart HTTP/1.1" 201 96'),
]);
const sensor = every(2.1, [
  say('level=info msg="reading" sensor=press-$((i%6)) celsius=$((40+i%15))'),
  say('level=warn msg="late reading" sensor=oven-2 lag=4s'),
]);
const database = every(3.7, [
  say('LOG:  checkpoint complete: wrote $((100+i%50)) buffers'),
  say('LOG:  automatic vacuum of table "shop.orders"'),
]);

const stack = (project, service) => ({ 'com.docker.compose.project': project, 'com.docker.compose.service': service });
const memory = (megabytes) => ({ Memory: megabytes * 1024 ** 2 });
const healthy = { Test: ['CMD-SHELL', 'exit 0'], Interval: 5e9 };
const sick = { Test: ['CMD-SHELL', 'echo connection refused; exit 1'], Interval: 2e9, Retries: 2 };

const one = (name, image, script, more = {}) => ({ name, image, script, ...more });
export const hosts = [
  {
    name: 'fra1-node-01',
    networks: ['shop', 'edge'],
    containers: [
      one('shop-api-1', 'acme/shop-api:2.14.3', holding(24, api), {
        ...shop('api'),
        limits: { ...memory(256), NanoCpus: 5e8 },
        env: secrets(),
      }),
      one('shop-api-2', 'acme/shop-api:2.14.3', holding(22, api), {
        ...shop('api'),
        limits: { ...memory(256), NanoCpus: 5e8 },
        env: secrets(),
      }),
      one('shop-web-1', 'acme/shop-web:2.14.3', access, {
        ...shop('web'),
        limits: memory(128),
        ports: { '80/tcp': 18080 },
        check: healthy,
      }),
      one('shop-db-1', 'acme/postgres:18.1', holding(48, database), {
        ...shop('db'),
        limits: memory(512),
        volumes: ['shop-db:/var/lib/postgresql'],
      }),
      one('shop-cache-1', 'acme/valkey:9', holding(9, every(4.1, [say('# Background saving started by pid $i')])), {
        ...shop('cache'),
        limits: memory(64),
      }),
      one('edge-proxy', 'acme/edge:3.6', access, {
        network: 'edge',
        also: ['shop'],
        ports: { '80/tcp': 18081, '443/tcp': 18443 },
        check: sick,
        volumes: ['site:/srv/site:ro'],
      }),
      one('thumbnailer', 'acme/tools:1.8', 'while true; do j=0; while [ $j -lt 4000 ]; do j=$((j+1)); done; sleep 0.6; done', {
        limits: memory(64),
      }),
    ],
  },
  {
    name: 'fra1-node-02',
    networks: ['billing'],
    containers: [
      one('billing-api-1', 'acme/billing:1.9.0', holding(31, pino), { ...billing('api'), limits: memory(256), check: healthy }),
      one('billing-worker-1', 'acme/billing:1.9.0', pino, { ...billing('worker'), limits: memory(256) }),
      one('billing-db-1', 'acme/postgres:18.1', holding(40, database), {
        ...billing('db'),
        limits: memory(512),
        volumes: ['billing-db:/var/lib/postgresql'],
      }),
      one('report-cron', 'acme/tools:1.8', 'echo "report: cannot reach billing-db:5432" >&2; exit 1'),
      one('ledger-import', 'acme/tools:1.8', 'echo imported 4123 rows'),
    ],
  },
  {
    name: 'iad1-edge-01',
    networks: ['floor'],
    containers: [
      one('gateway', 'acme/gateway:0.9', sensor, { network: 'floor', limits: memory(64), ports: { '1883/tcp': 11883 } }),
      one('collector', 'acme/gateway:0.9', sensor, { network: 'floor', limits: memory(64), volumes: ['readings:/data'] }),
      one('metrics-scraper', 'acme/tools:1.8', sensor, { network: 'floor', state: 'paused' }),
      one('search-index', 'acme/tools:1.8', 'echo "index: cannot open /data/index"; sleep 1; exit 137', { restart: 'always' }),
      one('nightly-backup', 'acme/tools:1.8', 'exit 0', { state: 'created' }),
    ],
  },
];

function shop(service) {
  return { network: 'shop', labels: { ...stack('shop', service), team: 'shop', env: 'prod' } };
}
function billing(service) {
  return { network: 'billing', labels: { ...stack('billing', service), team: 'billing', env: 'prod' } };
}
function secrets() {
  return ['NODE_ENV=production', 'DATABASE_URL=postgres://shop:9f2c…@shop-db-1/shop', 'SESSION_SECRET=made-up', 'PORT=3000'];
}

/** Loads the images, makes networks, volumes and containers of a host, and starts what is to run. */
export async function fill(socket, { networks, containers }) {
  const base = { Env: ['PATH=/bin:/usr/bin', 'LANG=C.UTF-8'], WorkingDir: '/root', Labels: { 'org.opencontainers.image.vendor': 'Acme' } };
  await askEngine(socket, 'POST /images/load', busyboxImage(['acme/base:12'], base).archive);
  for (const image of new Set(containers.map((container) => container.image))) await layer(socket, image);
  for (const Name of networks) await askEngine(socket, 'POST /networks/create', { Name });
  for (const container of containers) await run(socket, container);
}

/** An image of its own: the base with a program in another layer. */
async function layer(socket, image) {
  const [repo, tag] = image.split(':');
  const program = Buffer.alloc((3 + (repo.length % 7) * 4) * 1_000_000, repo);
  const { Id } = JSON.parse(await askEngine(socket, 'POST /containers/create', { Image: 'acme/base:12', Cmd: ['sh'] }));
  const files = tarOf([
    { path: 'app/' },
    { path: 'app/program', content: program, mode: 0o755 },
    { path: 'app/version', content: `${tag}\n` },
  ]);
  await askEngine(socket, `PUT /containers/${Id}/archive?path=/`, files);
  await askEngine(socket, `POST /commit?container=${Id}&repo=${repo}&tag=${tag}&comment=COPY app /app&author=ci@acme.example`, {});
  await askEngine(socket, `DELETE /containers/${Id}`);
}

async function run(socket, { name, image, script, ...more }) {
  const {
    network,
    also = [],
    labels = {},
    limits = {},
    ports = {},
    volumes = [],
    env = [],
    check,
    restart = 'no',
    state = 'running',
  } = more;
  const body = {
    ...{ Image: image, Cmd: ['sh', '-c', script], Env: env, Labels: labels, ...(check ? { Healthcheck: check } : {}) },
    HostConfig: {
      ...{ ...limits, Binds: volumes, NetworkMode: network ?? 'default', RestartPolicy: { Name: restart } },
      PortBindings: Object.fromEntries(
        Object.entries(ports).map(([key, HostPort]) => [key, [{ HostIp: '127.0.0.1', HostPort: String(HostPort) }]]),
      ),
    },
  };
  const { Id } = JSON.parse(await askEngine(socket, `POST /containers/create?name=${name}`, body));
  for (const other of also) await askEngine(socket, `POST /networks/${other}/connect`, { Container: Id });
  if (state === 'created') return;
  await askEngine(socket, `POST /containers/${Id}/start`);
  if (state === 'paused') await askEngine(socket, `POST /containers/${Id}/pause`);
}

/** The files of a web site, for the page of its volume. */
export async function writeSite(socket) {
  const page = '<!doctype html>\n<title>Acme</title>\n<link rel="stylesheet" href="site.css">\n<h1>Acme</h1>\n';
  const config = 'upstream:\n  api: http://shop-api-1:3000\n  timeout: 5s\ncache:\n  - path: /assets\n    age: 30d\n';
  const files = [
    ...[{ path: 'assets/' }, { path: 'conf.d/' }, { path: 'logs/' }],
    { path: 'index.html', content: page },
    { path: 'site.css', content: 'body { font: 16px system-ui; }\n' },
    { path: 'robots.txt', content: 'User-agent: *\nAllow: /\n' },
    { path: 'assets/logo.svg', content: '<svg xmlns="http://www.w3.org/2000/svg"/>\n' },
    { path: 'conf.d/proxy.yaml', content: config },
    { path: 'logs/access.log', content: '10.5.0.7 GET / 200\n'.repeat(4000) },
  ];
  const { Id } = JSON.parse(
    await askEngine(socket, 'POST /containers/create', { Image: 'acme/base:12', Cmd: ['sh'], HostConfig: { Binds: ['site:/site'] } }),
  );
  await askEngine(socket, `PUT /containers/${Id}/archive?path=/site`, tarOf(files));
  await askEngine(socket, `DELETE /containers/${Id}`);
}
