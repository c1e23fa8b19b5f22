// The pages of the pictures, each with the way to it. A page is taken once what it waits for is there.
import { URLSearchParams } from 'node:url';
import { ask } from './people.mjs';

const settleMs = 2500;

/** Goes to a path, and waits for the heading and for what moves in. */
async function go({ page, origin }, path, ms = settleMs) {
  await page.goto(origin + path);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await page.waitForTimeout(ms);
}
const at = (path, ms) => (desk) => go(desk, path, ms);

const hostOf = ({ hosts }, name) => hosts.find((host) => host.name === name).id;

async function containerPath(desk, name) {
  const host = desk.hosts.find(({ name: one }) => one === whose(name)).id;
  const filters = encodeURIComponent(JSON.stringify({ name: [`^/${name}$`] }));
  const [found] = await ask(desk.page, `GET /engine/${host}/containers/json?all=1&filters=${filters}`);
  return `/containers/${host}/${found.Id}`;
}

function whose(name) {
  if (/^(shop|edge-proxy|thumb)/.test(name)) return 'fra1-node-01';
  return /^(billing|report|ledger)/.test(name) ? 'fra1-node-02' : 'iad1-edge-01';
}

const tab =
  (name, path, ms = settleMs) =>
  async (desk) =>
    go(desk, `${await containerPath(desk, name)}${path}`, ms);

const typed = 'ls -F --color=always /; ps | tail -3; cat /app/version';

async function live(desk) {
  const { page } = desk;
  await go(desk, await containerPath(desk, 'shop-api-1'), 4000);
  const shell = page.getByRole('button', { name: /^(Open a shell|打开 Shell)$/ }).first();
  if (!desk.isPhone && (await shell.count()) > 0) {
    await shell.click();
    await page.locator('.xterm').waitFor();
    await page.waitForTimeout(2500);
    await page.keyboard.type(`${typed}\n`);
  }
  await page.waitForTimeout(6000);
}

async function run(desk) {
  const { page } = desk;
  await go(desk, '/containers?sheet=run');
  const line =
    'docker run -d --name shop-api-3 -p 127.0.0.1:3000:3000 -e NODE_ENV=production -e PORT=3000 -v uploads:/srv/uploads --network shop --memory 256m --cpus 0.5 acme/shop-api:2.14.3';
  const paste = page.getByRole('button', { name: /^(Paste a command|粘贴命令)$/ });
  if ((await paste.count()) > 0) {
    await paste.click();
    await page.getByRole('dialog').locator('textarea').first().fill(line);
    await page.getByRole('dialog').locator('textarea').first().press('Control+Enter');
    await page.waitForTimeout(400);
    const read = page.getByRole('button', { name: /^(Fill in|Take over|Read it|填入)/ });
    if ((await read.count()) > 0) await read.first().click();
  }
  await page.waitForTimeout(800);
}

async function explained(desk) {
  const query = new URLSearchParams({
    user: 'mia',
    permission: 'container:exec',
    resource: `container/${hostOf(desk, 'fra1-node-01')}/shop-api-1`,
  });
  await go(desk, `/access/explain?${query}`);
}

async function recording(desk) {
  const first = (await ask(desk.page, 'GET /api/recordings')).findLast(({ who }) => who === 'mia');
  await go(desk, `/recordings/${first.host}/${first.id}`);
  await desk.page.keyboard.press('End');
  await desk.page.waitForTimeout(800);
}

async function firstImage(desk) {
  const host = hostOf(desk, 'fra1-node-01');
  const images = await ask(desk.page, `GET /engine/${host}/images/json`);
  const { Id } = images.find(({ RepoTags }) => RepoTags?.includes('acme/shop-api:2.14.3'));
  await go(desk, `/images/${host}/${encodeURIComponent(Id)}`);
}

async function network(desk) {
  const host = hostOf(desk, 'fra1-node-01');
  const found = (await ask(desk.page, `GET /engine/${host}/networks`)).find(({ Name }) => Name === 'shop');
  await go(desk, `/networks/${host}/${found.Id}`);
}

async function dockerCli(desk) {
  await go(desk, '/account');
  await desk.page.getByRole('region', { name: 'Docker CLI' }).evaluate((section) => section.scrollIntoView());
  await desk.page.waitForTimeout(800);
}

const onFirst = (path) => (desk) => go(desk, path(hostOf(desk, 'fra1-node-01')));

export const places = {
  overview: at('/', 5000),
  hosts: at('/hosts'),
  host: onFirst((host) => `/hosts/${host}`),
  'host-add': at('/hosts?sheet=add'),
  topology: at('/topology', 6000),
  containers: at('/containers', 8000),
  run,
  'container-logs': tab('shop-api-1', '/logs'),
  'container-files': tab('edge-proxy', '/files'),
  'container-processes': tab('shop-api-1', '/processes', 5000),
  'container-network': tab('edge-proxy', '/network'),
  'container-mounts': tab('edge-proxy', '/mounts'),
  'container-environment': tab('shop-api-1', '/environment'),
  'container-health': tab('edge-proxy', '/health'),
  'container-changes': tab('shop-api-1', '/changes'),
  'container-config': tab('shop-api-1', '/config'),
  'container-inspect': tab('shop-api-1', '/inspect'),
  images: at('/images'),
  image: firstImage,
  volumes: at('/volumes'),
  volume: onFirst((host) => `/volumes/${host}/site`),
  networks: at('/networks'),
  network,
  logs: at('/logs?q=stack:shop', 5000),
  terminals: at('/terminals'),
  recordings: at('/recordings'),
  recording,
  activity: at('/activity'),
  events: at('/activity/events'),
  audit: at('/audit'),
  users: at('/users'),
  teams: at('/access/teams'),
  roles: at('/access/roles'),
  grants: at('/access'),
  matrix: at('/access/matrix'),
  groups: at('/access/host-groups'),
  explain: explained,
  requests: at('/access/requests'),
  tokens: at('/tokens'),
  settings: at('/settings'),
  'sign-in': at('/settings/sign-in'),
  account: at('/account'),
  'docker-cli': dockerCli,
  // The last one: each page after it would attach to the shell that is open from then on.
  container: live,
};
