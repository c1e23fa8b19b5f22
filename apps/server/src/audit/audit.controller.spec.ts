import { AuditEntry, createUser, exportAudit, listAudit } from '@gantry/contract';
import { addViewer, setUp, startTestServer, type TestBrowser, type TestServer } from '../testing/index.ts';

let server: TestServer;
let owner: TestBrowser;
let viewer: TestBrowser;
beforeAll(async () => {
  server = await startTestServer();
  owner = await setUp(server);
  viewer = await addViewer(owner);
});
afterAll(() => server[Symbol.asyncDispose]());

async function entries(query: string): Promise<AuditEntry[]> {
  const { status, body } = await owner.call(listAudit, { query });
  expect([query, status]).toEqual([query, 200]);
  return AuditEntry.array().parse(body);
}

test('whoever lacks audit:view reads neither the log nor its export, and the try is in it', async () => {
  expect(await viewer.call(listAudit)).toMatchObject({ status: 403 });
  expect(await viewer.call(exportAudit)).toMatchObject({ status: 403 });

  expect((await entries('?user=vera&outcome=denied')).map(({ action, target }) => [action, target])).toEqual([
    ['exportAudit', '/api/audit/export'],
    ['listAudit', '/api/audit'],
  ]);
});

test('a filter that nobody knows or that is wrong is named', async () => {
  expect(await owner.call(listAudit, { query: '?who=ada' })).toMatchObject({
    status: 400,
    body: { message: expect.stringContaining('who') as string },
  });
  expect(await owner.call(listAudit, { query: '?since=yesterday' })).toMatchObject({
    status: 400,
    body: { details: { fields: ['since'] } },
  });
  expect(await owner.call(listAudit, { query: '?outcome=fine' })).toMatchObject({ status: 400 });
  expect(await owner.call(exportAudit, { query: '?limit=1' })).toMatchObject({ status: 400 });
});

test('the export is a file of JSON lines and takes the same filter', async () => {
  await owner.call(createUser, { body: { name: 'x', kind: 'robot', role: 'viewer' } });
  const { status, headers, body } = await owner.call(exportAudit, { query: '?action=createUser' });

  expect(status).toBe(200);
  expect(headers.get('content-disposition')).toMatch(/^attachment; filename="gantry-audit-\d{4}-\d\d-\d\dT\d{6}Z\.jsonl"$/);
  const rows = String(body)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { action: string });
  expect(rows.length).toBeGreaterThanOrEqual(2);
  expect(new Set(rows.map(({ action }) => action))).toEqual(new Set(['createUser']));
  expect(await owner.call(exportAudit, { query: '?user=nobody' })).toMatchObject({ status: 200, body: '' });
});
