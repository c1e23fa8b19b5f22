import { ApiVersion, type Bytes, type EngineRequest, noBytes, type Route } from '@gantry/engine-api';
import { rebuild } from './forward.ts';
import type { GuardedCall } from './guarded-call.ts';

const uploaded: Bytes = noBytes;
const sent: EngineRequest = {
  ...{ method: 'POST', target: '/as/it/came?x=1', upgrade: 'tcp', body: uploaded, signal: new AbortController().signal },
  headers: new Map([
    ['content-type', 'application/x-tar'],
    ['x-registry-auth', 'secret'],
    ['cookie', 'session'],
  ]),
  caller: { kind: 'person', id: 'ada', name: 'ada', requestId: '' },
};
const as = { caller: { kind: 'person', id: 'ada', name: 'ada', requestId: 'r' }, signal: new AbortController().signal } as const;

function forwarded(route: Partial<Route>, more: Partial<GuardedCall> = {}): EngineRequest {
  const whole = { method: 'POST', path: '/containers/{id}/start', kind: 'json', requestHeaders: [], isUnversioned: false, ...route };
  const call = { route: whole, path: { id: 'c1' }, query: { text: '' }, version: ApiVersion.newest, body: undefined, ...more };
  return rebuild(call as unknown as GuardedCall, sent, as);
}

test('the target is made of the row and of what was read, and says its version', () => {
  expect(forwarded({}).target).toBe(`/v${ApiVersion.newest.toString()}/containers/c1/start`);
  expect(forwarded({ isUnversioned: true }, { query: { text: 'a=1', values: {} } }).target).toBe('/containers/c1/start?a=1');
  const named = { path: { id: 'registry:5000/a b/c@sha256:1?x' } };
  expect(forwarded({ isUnversioned: true, path: '/images/{id*}/json' }, named).target).toBe(
    '/images/registry:5000/a%20b/c@sha256:1%3Fx/json',
  );
  expect(forwarded({ isUnversioned: true }, { path: { id: 'a/b' } }).target).toBe('/containers/a%2Fb/start');
});

test('only a row that may be upgraded is', () => {
  expect(forwarded({ kind: 'hijack' }).upgrade).toBe('tcp');
  expect(forwarded({ kind: 'json' }).upgrade).toBe('none');
});

test('of the headers those of the row go on, and a type only with a body of that type', async () => {
  const body = { bytes: Buffer.from('{"a":1}'), value: {}, dropped: [] } as unknown as NonNullable<GuardedCall['body']>;
  const empty = { ...body, bytes: new Uint8Array() };

  expect([...forwarded({}).headers]).toEqual([]);
  expect([...forwarded({ requestHeaders: ['x-registry-auth', 'x-registry-config'] }).headers]).toEqual([['x-registry-auth', 'secret']]);
  expect([...forwarded({}, { body }).headers]).toEqual([['content-type', 'application/json']]);
  expect(Buffer.concat(await Array.fromAsync(forwarded({}, { body }).body)).toString()).toBe('{"a":1}');
  expect([...forwarded({}, { body: empty }).headers]).toEqual([]);
  expect(await Array.fromAsync(forwarded({}, { body: empty }).body)).toEqual([]);
  expect([...forwarded({ kind: 'upload' }).headers]).toEqual([['content-type', 'application/x-tar']]);
  expect(forwarded({ kind: 'upload' }).body).toBe(uploaded);
});
