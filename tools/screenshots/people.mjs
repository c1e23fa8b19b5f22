// Who works with the hosts of the pictures: people, teams, roles and what each of them did so far.
export const password = 'plum violin harbour nine';

/** Asks the server's own API as the page does. */
export async function ask(page, line, body) {
  const [method, path] = line.split(' ');
  const { status, text } = await page.evaluate(
    async (asked) => {
      const headers = asked.body ? { 'content-type': 'application/json' } : {};
      const response = await globalThis.fetch(asked.path, {
        method: asked.method,
        headers,
        body: asked.body && JSON.stringify(asked.body),
      });
      return { status: response.status, text: await response.text() };
    },
    { method, path, body },
  );
  if (status >= 400) throw new Error(`${line}: ${status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

export async function becomeOwner(page, address) {
  await page.goto(address);
  await page.getByText('Taken from the link').waitFor();
  await page.getByLabel('Name').fill('ada');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Repeat password').fill(password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('button', { name: 'Open the overview' }).click();
  await page.getByRole('heading', { level: 1 }).first().waitFor();
}

export async function signIn(page, origin, { name, password: secret }) {
  await page.goto(`${origin}/login`);
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(secret);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((url) => url.pathname !== '/login');
  await page.getByRole('heading', { level: 1 }).first().waitFor();
}

/** Invites everybody, puts them into teams, gives them their roles, and makes groups of hosts. */
export async function invite(page, hosts) {
  const [first, second, edge] = hosts;
  const add = async (name, kind = 'person') => await ask(page, 'POST /api/users', { name, kind });
  const invited = Object.fromEntries(await inTurn(['mia', 'lin.wei', 'noor', 'jo'], async (name) => [name, await add(name)]));
  const id = (name) => invited[name].user.id;
  const service = (await add('ci-deploy', 'service')).user.id;
  const team = async (name, members) => {
    const made = await ask(page, 'POST /api/teams', { name });
    for (const member of members) await ask(page, `PUT /api/teams/${made.id}/members/${id(member)}`);
    return made.id;
  };
  const platform = await team('Platform', ['lin.wei', 'noor']);
  const shop = await team('Shop', ['mia', 'jo']);
  const group = async (name, members, days) => {
    const made = await ask(page, 'POST /api/host-groups', { name });
    for (const { id: host } of members) await ask(page, `PUT /api/host-groups/${made.id}/hosts/${host}`);
    if (days) await ask(page, `PUT /api/host-groups/${made.id}/recording-days`, { days });
    return made.id;
  };
  const frankfurt = await group('Frankfurt', [first, second], 90);
  await group('Workshop', [edge]);
  await ask(page, `PATCH /api/hosts/${first.id}`, { labels: { site: 'fra1', env: 'prod' } });
  await ask(page, `PATCH /api/hosts/${edge.id}`, { labels: { site: 'iad1', env: 'prod', line: '2' } });
  const role = await ask(page, 'POST /api/roles', {
    name: 'log reader',
    permissions: ['host:view', 'container:list', 'container:view', 'container:logs', 'logs:search', 'access:request'],
  });
  const give = (subject, roleId, scope, more = {}) => ask(page, 'POST /api/grants', { subject, role: roleId, scope, ...more });
  await give({ kind: 'team', id: platform }, 'admin', { kind: 'global' }, { addOns: ['env'] });
  await give({ kind: 'team', id: shop }, 'operator', { kind: 'stack', host: first.id, project: 'shop' }, { addOns: ['exec'] });
  await give({ kind: 'user', id: id('mia') }, 'host-admin', { kind: 'group', group: frankfurt }, { addOns: ['exec', 'files'] });
  await give({ kind: 'user', id: id('jo') }, role.id, { kind: 'labels', selector: 'team=billing,env=prod' });
  await give(
    { kind: 'user', id: id('noor') },
    'auditor',
    { kind: 'global' },
    { expiresAt: new Date(Date.now() + 40 * 86_400_000).toISOString() },
  );
  await give({ kind: 'service', id: service }, 'deployer', { kind: 'stack', host: first.id, project: 'shop' });
  await ask(page, 'POST /api/me/tokens', { name: 'nightly checks', permissions: ['host:view', 'container:list'], expiresInDays: 90 });
  await ask(page, `POST /api/users/${service}/tokens`, {
    name: 'pipeline',
    permissions: ['container:list', 'container:create'],
    expiresInDays: 180,
  });
  return Object.fromEntries(Object.entries(invited).map(([name, { link }]) => [name, link.path]));
}

/** Somebody who was invited chooses a password and signs in. */
export async function arrive(page, origin, { name, path }) {
  await page.goto(`${origin}/login`);
  await ask(page, 'POST /api/password-links/use', { token: path.split('#')[1], password });
  await signIn(page, origin, { name, password });
}

/** Works in a shell for a while; the recording of it stays. */
export async function workInShell(page, path, lines) {
  await page.goto(path);
  await page.locator('.xterm').waitFor();
  await page.waitForTimeout(1500);
  for (const line of lines) {
    await page.keyboard.type(`${line}\n`, { delay: 30 });
    await page.waitForTimeout(900);
  }
}

async function inTurn(items, act) {
  const done = [];
  for (const item of items) done.push(await act(item));
  return done;
}
