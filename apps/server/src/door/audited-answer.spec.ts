import type { EngineResponse, Route } from '@gantry/engine-api';
import type { OpenIntent } from '../audit/audit.service.ts';
import { endWith } from './audited-answer.ts';

type Ending = Parameters<OpenIntent['end']>[0];

const encoder = new TextEncoder();
const plain = (status: number, text: string): EngineResponse => ({ kind: 'plain', status, headers: new Map(), body: encoder.encode(text) });

function asked(lists?: Route['lists']): { intent: OpenIntent; endings: Ending[]; of: Parameters<typeof endWith>[2]; leave: () => void } {
  const endings: Ending[] = [];
  const leaving = new AbortController();
  const end = (ending: Ending): Promise<void> => {
    endings.push(ending);
    return Promise.resolve();
  };
  return { intent: { requestId: 'r', end }, endings, of: { route: { lists }, left: leaving.signal }, leave: () => leaving.abort() };
}

test.each([
  [204, 'done'],
  [304, 'done'],
  [399, 'done'],
  [400, 'failed'],
  [500, 'failed'],
])('an answer of %d is an outcome that is %s, told when its head is there and passed on as it is', async (status, outcome) => {
  const { intent, endings, of } = asked();
  const response = plain(status, '{"a":1}');

  expect(await endWith(response, intent, of)).toBe(response);
  expect(endings).toEqual([{ outcome, status }]);
});

test.each<[string, string[]]>([
  ['{"ContainersDeleted":["c1","c2"],"SpaceReclaimed":7}', ['c1', 'c2']],
  ['{"ContainersDeleted":null,"SpaceReclaimed":0}', []],
  ['[{"Untagged":"web:1"},{"Deleted":"sha256:1"}]', ['web:1', 'sha256:1']],
  ['{"VolumesDeleted":[],"SpaceReclaimed":0}', []],
  ['', []],
  ['null', []],
])('of what %s took away the names are told, and nothing else', async (text, removed) => {
  const { intent, endings, of } = asked('removed');
  const response = await endWith(plain(200, text), intent, of);

  expect(endings).toEqual([{ outcome: 'done', status: 200, details: { removed, removedCount: removed.length } }]);
  expect(response.kind === 'plain' && new TextDecoder().decode(response.body as Uint8Array)).toBe(text);
});

test('an answer that comes in pieces is told of as a whole, a long list by its first 500 and its number', async () => {
  const { intent, endings, of } = asked('removed');
  const ids = Array.from({ length: 501 }, (_, index) => `id-${index}`);
  const text = JSON.stringify({ ImagesDeleted: ids.map((Deleted) => ({ Deleted })) });
  const pieces = (async function* () {
    yield await Promise.resolve(encoder.encode(text.slice(0, 100)));
    yield encoder.encode(text.slice(100));
  })();
  const body = pieces as unknown as Uint8Array;

  const response = await endWith({ kind: 'plain', status: 200, headers: new Map(), body }, intent, of);

  expect(endings).toEqual([{ outcome: 'done', status: 200, details: { removed: ids.slice(0, 500), removedCount: 501 } }]);
  expect(response.kind === 'plain' && new TextDecoder().decode(response.body as Uint8Array)).toBe(text);
});

test('a removal that was refused took nothing away: its text is not read', async () => {
  const { intent, endings, of } = asked('removed');
  await endWith(plain(409, '{"message":"in use by web"}'), intent, of);
  await endWith(plain(300, 'no JSON'), intent, of);

  expect(endings).toEqual([
    { outcome: 'failed', status: 409 },
    { outcome: 'done', status: 300 },
  ]);
});

const broken = new Error('reset');
async function* told(fails: boolean): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(encoder.encode('a'));
  if (fails) throw broken;
}
async function openOf(fails: boolean, leaves: boolean) {
  const { intent, endings, of, leave } = asked('removed');
  const response = await endWith(
    { kind: 'hijacked', headers: new Map(), open: () => told(fails) } as unknown as EngineResponse,
    intent,
    of,
  );
  if (response.kind !== 'hijacked') throw new Error('it is no stream any more');
  expect(endings).toEqual([]);
  const stream = response.open(undefined as never)[Symbol.asyncIterator]();
  await stream.next();
  expect(endings).toEqual([]);
  if (leaves) leave();
  return { endings, last: () => stream.next() };
}
const ending = (outcome: string): object => ({ outcome, details: { openMs: expect.any(Number) as number } });

test('a stream of bytes is done when it has ended', async () => {
  const { endings, last } = await openOf(false, false);
  expect(await last()).toMatchObject({ done: true });
  expect(endings[0]).toEqual(ending('done'));
});

test('a stream of bytes failed where it broke, but not for who has left', async () => {
  const [broke, left] = [await openOf(true, false), await openOf(true, true)];
  await expect(broke.last()).rejects.toBe(broken);
  await expect(left.last()).rejects.toBe(broken);
  expect([broke.endings[0], left.endings[0]]).toEqual([ending('failed'), ending('done')]);
});
