import type { Bytes, PlainResponse } from '@gantry/engine-api';
import { withoutUnseenNames } from './error-answers.ts';
import type { HostThings } from './host-things.ts';

const foreign = '{"message":"network blue-net has active endpoints"}';

function things(seesEverything: boolean, unseen: () => Promise<readonly string[]> = () => Promise.resolve(['blue-net'])): HostThings {
  return { sight: { seesEverything }, unseen } as unknown as HostThings;
}

async function* streamed(text: string): Bytes {
  yield await Promise.resolve(Buffer.from(text));
}

async function told(status: number, body: string | Bytes, of: HostThings): Promise<string> {
  const response: PlainResponse = { kind: 'plain', status, headers: new Map(), body: typeof body === 'string' ? Buffer.from(body) : body };
  const { body: shown } = await withoutUnseenNames(response, of);
  return Buffer.from(shown as Uint8Array).toString();
}

test.each([
  [404, 'something that the request needs is not there'],
  [409, 'Conflict. The request is at odds with something on this host, or the name is already in use'],
  [500, 'the engine could not do this'],
])('an error of %i that names what the caller does not see says it in general', async (status, message) => {
  expect(JSON.parse(await told(status, foreign, things(false)))).toEqual({ message });
  expect(JSON.parse(await told(status, streamed(foreign), things(false)))).toEqual({ message });
});

test('who sees everything, what is no error, and what names nothing else are told as the engine says', async () => {
  expect(await told(409, foreign, things(true))).toBe(foreign);
  expect(await told(304, foreign, things(false))).toBe(foreign);
  const harmless = '{"message":"container red-web is not running"}';
  expect(await told(409, harmless, things(false))).toBe(harmless);
  expect(await told(409, streamed(harmless), things(false))).toBe(harmless);
});

test('where it is not known what there is, nothing that the engine said is passed on', async () => {
  expect(
    await told(
      500,
      '{"message":"x"}',
      things(false, () => Promise.reject(new Error('no answer'))),
    ),
  ).toContain('could not do this');
});
