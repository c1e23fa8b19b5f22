import { Failure } from '@gantry/base';
import type { Engine, EngineRequest } from '../engine.ts';
import { empty, json } from '../replies.ts';
import { routeTable } from '../routes/routes.ts';
import { engineClient } from './engine-client.ts';
import { routePaths } from './route-paths.ts';

async function bodyOf(request: EngineRequest): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Answers with what it was asked. */
const mirror: Engine = async (request) =>
  json(200, { method: request.method, target: request.target, body: await bodyOf(request), headers: Object.fromEntries(request.headers) });

test('the table of paths is that of the rows', () => {
  expect(routePaths).toEqual(Object.fromEntries(Object.entries(routeTable).map(([name, { method, path }]) => [name, `${method} ${path}`])));
});

test('a call fills path, version and query', async () => {
  const client = engineClient(mirror, { version: '1.44', prefix: '/engine/h1' });
  const list = await client.call('ContainerList', { query: { all: true, limit: 3, filters: { label: ['a=b'] } } });
  expect(await list.json()).toMatchObject({
    method: 'GET',
    target: '/engine/h1/v1.44/containers/json?all=1&limit=3&filters=%7B%22label%22%3A%5B%22a%3Db%22%5D%7D',
  });
  const image = await client.call('ImageInspect', { path: { name: 'team/web app:1' } });
  expect(await image.json()).toMatchObject({ target: '/engine/h1/v1.44/images/team/web%20app%3A1/json' });
});

test('a value is sent as JSON with its length', async () => {
  const answer = await engineClient(mirror).call('ContainerCreate', { query: { name: 'web' }, body: { Image: 'busybox' } });
  expect(await answer.json()).toMatchObject({
    target: '/containers/create?name=web',
    body: '{"Image":"busybox"}',
    headers: { 'content-type': 'application/json', 'content-length': '19' },
  });
});

test('an error becomes a failure with the message of the engine', async () => {
  const client = engineClient(() => Promise.resolve(json(404, { message: 'No such container: web' })));
  await expect(client.call('ContainerInspect', { path: { id: 'web' } })).rejects.toThrow(
    new Failure('not-found', 'No such container: web', { details: { status: 404 } }),
  );
});

test('a missing parameter of the path is named', async () => {
  await expect(engineClient(mirror).call('ContainerInspect')).rejects.toThrow('the path /containers/{id}/json needs id');
});

test('an answer without a body has no value', async () => {
  const answer = await engineClient(() => Promise.resolve(empty(304))).call('ContainerStart', { path: { id: 'web' } });
  expect(answer.status).toBe(304);
  expect(await answer.json()).toBeUndefined();
});
