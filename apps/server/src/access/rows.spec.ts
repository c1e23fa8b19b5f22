import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { everywhere, isPermission, permissionsOf } from '@gantry/access';
import { browserSocket, rows, type ContractRow } from '@gantry/contract';
import type { FleetRow, FleetMessage, FleetSample } from '@gantry/engine-api';
import type { FleetMessage as FleetMessageSchema, FleetRow as FleetRowSchema, FleetSample as FleetSampleSchema } from '@gantry/contract';
import type { z } from 'zod';
import { addViewer, setUp, startTestServer, TestBrowser, type TestServer } from '../testing/index.ts';

let server: TestServer;
let owner: TestBrowser;
let viewer: TestBrowser;
beforeAll(async () => {
  server = await startTestServer();
  owner = await setUp(server);
  viewer = await addViewer(owner);
});
afterAll(() => server[Symbol.asyncDispose]());

const viewerMay = new Set(permissionsOf(everywhere('viewer')));
const unknownId = '00000000-0000-4000-8000-000000000000';
const endsSession = ['logout', 'changePassword'];

function params({ path }: ContractRow): Record<string, string> {
  return Object.fromEntries(
    [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => [name, name === 'containerId' ? 'a'.repeat(64) : unknownId]),
  );
}

async function status(browser: TestBrowser, row: ContractRow, headers: Record<string, string | undefined> = {}): Promise<number> {
  const isBodyless = row.method === 'GET' || row.method === 'DELETE';
  return (await browser.call(row, { params: params(row), headers, ...(isBodyless ? {} : { body: '{"surely":"wrong"}' }) })).status;
}

test('the routes that are served are those that have a row, neither more nor fewer', async () => {
  const { body } = await owner.call({ method: 'GET', path: '/api/openapi.json' });
  const { paths } = body as { paths: Record<string, Record<string, { operationId: string }>> };
  const served = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );

  expect(served.sort()).toEqual(rows.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`).sort());
});

test.each(rows.filter(({ name }) => !endsSession.includes(name)))(
  '$name: a stranger, a viewer and the owner get what the row says',
  async (row) => {
    const { access } = row;
    const isOpen = access === 'public' || access === 'loopback';
    const mayView = isOpen || access === 'session' || viewerMay.has(access);
    const [stranger, viewers, owners] = [
      await status(new TestBrowser(server.url), row),
      await status(viewer, row),
      await status(owner, row),
    ];

    if (isOpen) expect([401, 403]).not.toContain(stranger);
    else expect(stranger).toBe(401);
    expect(viewers === 403).toBe(!mayView);
    expect([401, 403]).not.toContain(owners);
  },
);

test.each(rows.filter(({ method }) => method !== 'GET'))('$name cannot be called for somebody by another site', async (row) => {
  expect(await status(owner, row, { origin: 'https://evil.example' })).toBe(403);
  expect(await status(owner, row, { origin: undefined })).toBe(403);
  expect(await status(owner, row, { origin: undefined, 'sec-fetch-site': 'same-origin' })).toBe(403);
});

test.each(rows.filter(({ access }) => access !== 'public' && access !== 'loopback'))(
  '$name is closed in every spelling of its path',
  async (row) => {
    const path = row.path.replace(/:(\w+)/g, (_, name: string) => params(row)[name] ?? '');
    for (const spelling of [
      path.toUpperCase(),
      `${path}/`,
      `/${path}`,
      path.replace('/api', '/%61pi'),
      `${path}?x=1`,
      `/x/..${path}`,
      `${path};x`,
    ]) {
      const { status: found, text } = await raw(row.method, spelling);
      const isPage = text.startsWith('<!doctype');
      expect([spelling, isPage || [401, 403, 404].includes(found)]).toEqual([spelling, true]);
    }
  },
);

/** As `fetch`, but the path goes out as it is written. */
async function raw(method: string, path: string): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(server.url);
  const sent = request({ hostname, port, method, path, agent: false }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const chunks = await Array.fromAsync(response as AsyncIterable<Buffer>);
  return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() };
}

test('every event of the browser socket names a permission of the catalogue or belongs to the session', () => {
  for (const { access } of Object.values(browserSocket)) expect(access === 'session' || isPermission(access)).toBe(true);
});

test('the schemas of the fleet are the types of the fleet', () => {
  const same = <A, B>(claim: A extends B ? (B extends A ? true : false) : false): boolean => claim;
  type Plain<T> = T extends readonly (infer Item)[] ? Plain<Item>[] : T extends object ? { -readonly [Key in keyof T]: Plain<T[Key]> } : T;

  expect(same<keyof z.infer<typeof FleetRowSchema>, keyof FleetRow>(true)).toBe(true);
  expect(same<keyof z.infer<typeof FleetMessageSchema>, keyof FleetMessage>(true)).toBe(true);
  expect(same<z.infer<typeof FleetSampleSchema>, Plain<FleetSample>>(true)).toBe(true);
});
