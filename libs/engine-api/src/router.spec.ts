import { Failure } from '@gantry/base';
import type { Call } from './call.ts';
import type { EngineRequest, EngineResponse } from './engine.ts';
import { empty, json } from './replies.ts';
import { type Handlers, routed } from './router.ts';
import { ApiVersion } from './versions/api-version.ts';

const versions = { oldest: ApiVersion.oldest, newest: ApiVersion.newest };

interface Sent {
  method?: EngineRequest['method'];
  headers?: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
}

function request(
  target: string,
  { method = 'GET', headers = {}, body = '', signal = new AbortController().signal }: Sent = {},
): EngineRequest {
  const bytes = async function* () {
    if (body !== '') yield await Promise.resolve(new TextEncoder().encode(body));
  };
  return {
    method,
    target,
    headers: new Map(Object.entries(headers)),
    upgrade: 'none',
    body: bytes(),
    caller: { kind: 'gantry', part: 'test' },
    signal,
  };
}

async function answer(
  handlers: Handlers,
  sent: EngineRequest,
): Promise<{ status: number; headers: ReadonlyMap<string, string>; value: unknown }> {
  const response: EngineResponse = await routed(handlers, { server: 'Gantry/test (linux)', versions })(sent);
  if (response.kind === 'hijacked' || !(response.body instanceof Uint8Array)) throw new Error('not a whole answer');
  const body = new TextDecoder().decode(response.body);
  return { status: response.status, headers: response.headers, value: body === '' ? undefined : (JSON.parse(body) as unknown) };
}

/** Sends to a handler that keeps its call. */
async function callOf(target: string, sent: Sent = {}): Promise<Call> {
  let kept: Call | undefined;
  const keep = (call: Call): Promise<EngineResponse> => {
    kept = call;
    return Promise.resolve(empty(204));
  };
  await answer(
    { ContainerInspect: keep, ContainerList: keep, ImageInspect: keep, ContainerStop: keep, ContainerStats: keep },
    request(target, sent),
  );
  if (!kept) throw new Error('the handler was not called');
  return kept;
}

test('a full disk is told by a status of its own', async () => {
  const full = new Failure('exhausted', 'write /x: no space left on device', { details: { isSpace: true } });
  expect((await answer({ SystemInfo: () => Promise.reject(full) }, request('/info'))).status).toBe(507);
  expect((await answer({ SystemInfo: () => Promise.reject(new Failure('exhausted', 'too many')) }, request('/info'))).status).toBe(429);
});

test('every answer of a route carries the headers by which clients know the engine', async () => {
  const { headers } = await answer({ SystemPing: () => Promise.resolve(json(200, 'OK')) }, request('/_ping'));

  expect(Object.fromEntries(headers)).toEqual({
    'api-version': '1.51',
    'content-type': 'application/json',
    'docker-experimental': 'false',
    ostype: 'linux',
    server: 'Gantry/test (linux)',
  });
});

test.each([
  ['/v1.23/info', 'client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version'],
  ['/v1.99/info', 'client version 1.99 is too new. Maximum supported API version is 1.51'],
])('%s is refused with what the engine speaks', async (target, message) => {
  expect(await answer({}, request(target))).toMatchObject({ status: 400, value: { message } });
});

test('a path without a version speaks the newest one', async () => {
  expect((await callOf('/containers/json')).version.toString()).toBe('1.51');
  expect((await callOf('/v1.30/containers/json')).version.toString()).toBe('1.30');
});

test.each(['/nothing', '/v1.41/nothing', '/v1.41', '/vx/info', '/containers/json/'])('%s is no page', async (target) => {
  expect(await answer({}, request(target))).toMatchObject({ status: 404, value: { message: 'page not found' } });
});

test('the name of an image may hold slashes, escaped or not', async () => {
  expect((await callOf('/images/registry:5000/team/web:1/json')).id).toBe('registry:5000/team/web:1');
  expect((await callOf('/v1.41/images/team%2Fweb%3A1/json')).id).toBe('team/web:1');
});

test('a broken escape is named', async () => {
  expect(await answer({}, request('/containers/%zz/json'))).toMatchObject({ status: 400, value: { message: 'invalid URL escape "%zz"' } });
});

test.each([
  ['all=1', true],
  ['all=true', true],
  ['all=yes', true],
  ['all=', false],
  ['all=0', false],
  ['all=False', false],
  ['all=none', false],
  ['', false],
])('the query %p reads as Go reads it: %p', async (query, all) => {
  expect((await callOf(`/containers/json?${query}`)).query).toMatchObject({ all });
});

test('a flag that is on by default is switched off by 0 only when it is sent', async () => {
  expect((await callOf('/containers/a/stats')).query).toMatchObject({ stream: true });
  expect((await callOf('/containers/a/stats?stream=0')).query).toMatchObject({ stream: false });
});

test('a parameter that no row knows counts for nothing and a number that is none is refused', async () => {
  expect((await callOf('/containers/json?colour=red')).query).not.toHaveProperty('colour');
  expect(await answer({ ContainerList: () => Promise.resolve(empty(200)) }, request('/containers/json?limit=x'))).toMatchObject({
    status: 400,
    value: { message: 'strconv.Atoi: parsing "x": invalid syntax' },
  });
});

test('a failure becomes the status of its code and its message', async () => {
  const refuse = (): Promise<EngineResponse> => Promise.reject(new Failure('not-found', 'No such container: web'));

  expect(await answer({ ContainerInspect: refuse }, request('/containers/web/json'))).toMatchObject({
    status: 404,
    value: { message: 'No such container: web' },
  });
});

test('an error that nobody expected is answered with 500 and told once', async () => {
  const told: unknown[] = [];
  const engine = routed(
    { SystemInfo: () => Promise.reject(new TypeError('x is not a function')) },
    { server: 's', versions, onInternalError: (failure) => told.push(failure.message) },
  );

  expect(await engine(request('/info'))).toMatchObject({ status: 500 });
  expect(told).toEqual(['x is not a function']);
});

test('a route without a handler says that this engine does not do it', async () => {
  expect(await answer({}, request('/containers/a/top'))).toMatchObject({ status: 501 });
});

test('the going away of the caller stops an action only before its first effect', async () => {
  const before = new AbortController();
  const after = new AbortController();
  const stopped = await callOf('/containers/a/stop', { method: 'POST', signal: before.signal });
  const goesOn = await callOf('/containers/a/stop', { method: 'POST', signal: after.signal });

  goesOn.beginEffect();
  before.abort();
  after.abort();

  expect(stopped.signal.aborted).toBe(true);
  expect(goesOn.signal.aborted).toBe(false);
});

test('nobody is answered once the caller is gone', async () => {
  const gone = new AbortController();
  const engine = routed({ SystemInfo: () => Promise.reject(new Failure('cancelled', 'gone')) }, { server: 's', versions });
  gone.abort();

  await expect(engine(request('/info', { signal: gone.signal }))).rejects.toThrow('gone');
});

test.each([
  ['GET /swarm', 503, { message: expect.stringContaining('This node is not a swarm manager.') as unknown }],
  ['POST /swarm/leave', 503, { message: 'This node is not part of a swarm' }],
  ['GET /plugins', 200, []],
  ['GET /plugins/vieux/sshfs:latest/json', 404, { message: 'plugin "vieux/sshfs:latest" not found' }],
])('%s, which this engine does not have, answers as a dockerd that has none', async (line, status, value) => {
  const [method = '', target = ''] = line.split(' ');

  expect(await answer({}, request(target, { method: method as EngineRequest['method'] }))).toMatchObject({ status, value });
});

test('a route that is younger than the version asked for says so', async () => {
  expect(await answer({}, request('/v1.24/containers/prune', { method: 'POST' }))).toMatchObject({
    status: 400,
    value: { message: 'POST /containers/prune requires minimum API version 1.25' },
  });
});
