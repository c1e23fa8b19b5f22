import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { caseEngine, type Seen } from '../testing/case-engine.ts';
import { RawClient } from '../testing/raw-client.ts';
import { serveEngine } from './serve-engine.ts';

const opened = closedAfterEach();

async function door(): Promise<{ client: () => Promise<RawClient>; seen: Seen; path: string }> {
  const { path: directory } = opened.use(await temporaryDirectory());
  const { engine, seen } = caseEngine();
  const path = `${directory}/engine.sock`;
  opened.use(await serveEngine(engine, { path }));
  return { path, seen, client: async () => opened.use(await RawClient.connect(path)) };
}

test('a small answer carries its length and the connection goes on', async () => {
  const { client } = await door();
  const raw = await client();
  for (let round = 0; round < 3; round++) {
    await raw.sendHead('GET /small HTTP/1.1', 'Host: docker');
    expect(await raw.readAnswer()).toMatchObject({ status: 200, body: '{"ok":true}\n' });
  }
});

test('attach without an Upgrade header gets 200 and raw bytes both ways', async () => {
  const { client } = await door();
  const raw = await client();
  await raw.sendHead('POST /attach HTTP/1.1', 'Host: docker');
  await raw.send('typed before the answer ');
  expect((await raw.readHead()).line).toBe('HTTP/1.1 200 OK');
  await raw.send('and after');
  await raw.halfClose();
  expect((await raw.readToEnd()).toString()).toBe('typed before the answer and after<input ended>');
});
