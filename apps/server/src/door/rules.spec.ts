import { type Bytes, routeTable } from '@gantry/engine-api';
import { parseEngineTarget } from './engine-target.ts';
import { readStrictBody } from './strict-body.ts';
import { readStrictQuery } from './strict-query.ts';

const host = '0b0f7d0a-6d0f-4c5e-9d93-7d8c7e1a2b3c';
const refused = { code: 'invalid' } as const;

async function* bytesOf(text: string | Uint8Array): Bytes {
  yield await Promise.resolve(typeof text === 'string' ? new TextEncoder().encode(text) : text);
}

const create = (text: string | Uint8Array, type = 'application/json'): ReturnType<typeof readStrictBody> =>
  readStrictBody(routeTable.ContainerCreate.body, bytesOf(text), type);
const forwarded = async (text: string): Promise<unknown> => JSON.parse(new TextDecoder().decode((await create(text)).bytes)) as unknown;

test.each([
  '/v1.51/containers/json',
  '/containers/abc/json?x=%2F',
  '/images/a%2Fb/json',
  '/v1.41/images/reg:5000/a/b:c@sha256:1/json',
  '/_ping',
])('the path %s is in its plain form', (path) => {
  expect(parseEngineTarget(`/engine/${host}${path}`)).toEqual({ hostId: host, target: path });
});

test.each([
  '//containers/json',
  '/containers//json',
  '/containers/json/',
  '/containers/../images/json',
  '/containers/%2e%2e/json',
  '/containers/./json',
  '/containers/a%2fb/json',
  '/v1.41/containers/a%2Fstart',
  '/containers/a%00b/json',
  '/containers/a%0d%0aX:1/json',
  '/containers/a%5cb/json',
  '/containers/a%252fb/json',
  '/containers/%zz/json',
  '/images/a%2F..%2Fb/json',
  '/images/a%2F%2Fb/json',
  '',
  '?x=1',
])('the path %s has another, plainer spelling and is refused', (path) => {
  expect(() => parseEngineTarget(`/engine/${host}${path}`)).toThrow(expect.objectContaining(refused) as Error);
});

test('a query is rebuilt from what its row knows', () => {
  const read = (query: string) => readStrictQuery(routeTable.ContainerList, query).text;

  expect(read('all=true&limit=5')).toBe('all=1&limit=5');
  expect(read('all=none&size=False')).toBe('all=0&size=0');
  expect(decodeURIComponent(read('filters=%7B%22label%22%3A%7B%22a%3Db%22%3Atrue%7D%7D'))).toBe('filters={"label":["a=b"]}');
  expect(readStrictQuery(routeTable.ImageGetAll, 'names=a&names=b').values).toEqual({ names: ['a', 'b'] });
});

test.each([
  'unknown=1',
  'all=1&all=0',
  'ALL=1',
  'limit=five',
  'limit=1;all=1',
  'filters=%7B%22nothing%22%3A%5B%5D%7D',
  'filters=%5B%5D',
  'constructor=1',
  'all=%zz',
])('the query %s is refused', (query) => {
  expect(() => readStrictQuery(routeTable.ContainerList, query)).toThrow(expect.objectContaining(refused) as Error);
});

test('what is judged and what is forwarded is one object: names in our spelling, unknown fields gone and named', async () => {
  const { value, dropped } = await create('{"image":"busybox","HOSTCONFIG":{"privileged":true,"Secret":1},"New":{}}');

  expect(value).toEqual({ Image: 'busybox', HostConfig: { Privileged: true } });
  expect(dropped).toEqual(['HostConfig.Secret', 'New']);
  expect(await forwarded('{"image":"busybox","HOSTCONFIG":{"privileged":true}}')).toEqual(value);
});

test.each([
  ['a name twice', '{"Image":"a","Image":"b"}'],
  ['a name twice in another case', '{"HostConfig":{"Privileged":false},"hostconfig":{"privileged":true}}'],
  ['a name twice inside', '{"HostConfig":{"Privileged":false,"PRIVILEGED":true}}'],
  ['a name twice in a part that nobody knows', '{"X":{"a":1,"A":2}}'],
  ['a label twice', '{"Labels":{"a":"1","a":"2"}}'],
  ['a second document', '{"Image":"a"}{"HostConfig":{"Privileged":true}}'],
  ['no JSON', '{"Image":'],
  ['a wrong type', '{"Image":5}'],
  ['a prototype', '{"Labels":{"__proto__":"x"}}'],
  ['33 levels', `${'{"X":'.repeat(33)}1${'}'.repeat(33)}`],
  ['more than 1 MB', `{"Image":"${'a'.repeat(1_100_000)}"}`],
])('a body with %s is refused', async (_, text) => {
  await expect(create(text)).rejects.toMatchObject(refused);
});

test('labels differ by case, null means absent, and a form is no JSON', async () => {
  expect(await forwarded('{"Labels":{"a":"1","A":"2"},"HostConfig":null}')).toEqual({ Labels: { a: '1', A: '2' } });
  await expect(create('Image=a', 'text/plain')).rejects.toMatchObject({ details: { status: 415 } });
  await expect(create(new Uint8Array([0x7b, 0xff, 0x7d]))).rejects.toMatchObject(refused);
});
