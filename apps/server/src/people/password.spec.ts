import { refuseCommon } from './password-strength.ts';
import { hashPassword, isPassword } from './password.ts';

const good = 'ein ganz gutes Wort';

test('a password belongs to its hash, another one does not, and two hashes of one password differ', async () => {
  const hash = await hashPassword(good);

  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await isPassword(good, hash)).toBe(true);
  expect(await isPassword(`${good} `, hash)).toBe(false);
  expect(await hashPassword(good)).not.toBe(hash);
});

test('the hash of the reference implementation is understood', async () => {
  // argon2 0~20190702: echo -n "password" | argon2 somesalt -id -m 16 -t 2 -p 1 -l 32 (test.c of the reference implementation)
  const reference = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';

  expect(await isPassword('password', reference)).toBe(true);
});

test('a name that nobody has costs as much as a wrong password, and never succeeds', async () => {
  const hash = await hashPassword(good);
  await isPassword('warm up', undefined);
  // The shortest of many says what it costs, however busy the machine is: where they seem to differ, more are tried.
  const shortest = { wrong: Infinity, unknown: Infinity };
  const isAlike = (): boolean => shortest.unknown > 0.4 * shortest.wrong && shortest.unknown < 2.5 * shortest.wrong;
  for (let round = 0; round < 5 || (round < 60 && !isAlike()); round++) {
    shortest.wrong = Math.min(shortest.wrong, await timeMs(() => isPassword('wrong', hash)));
    shortest.unknown = Math.min(shortest.unknown, await timeMs(() => isPassword('wrong', undefined)));
  }

  expect([shortest, isAlike()]).toEqual([shortest, true]);
  expect(await isPassword(good, undefined)).toBe(false);
});

test('a flood of attempts is turned away instead of queued without end', async () => {
  const hash = await hashPassword(good);
  const answers = await Promise.allSettled(Array.from({ length: 60 }, () => isPassword('wrong', hash)));

  const refused = answers.filter((answer) => answer.status === 'rejected');
  expect(refused).toHaveLength(60 - 34);
  expect(refused[0]).toMatchObject({ reason: { code: 'exhausted' } });
});

test('a password in composed and decomposed letters is the same password', async () => {
  expect(await isPassword('Gru\u0308ße aus Köln', await hashPassword('Grüße aus Köln'))).toBe(true);
});

test.each([
  'password1234',
  'Password2026!',
  '123456789012',
  'qwertyuiop12',
  'aaaaaaaaaaaaaaa',
  'gantrygantry1',
  'adaadaada2026',
  'changeme1234',
  'abcabcabcabc',
  'ghbdtnrfrltkf',
  '1qaz2wsx3edc4rfv',
  'unbelievable',
  '!!Unbelievable99',
  'C0unterstrike2024',
  'chelsea-liverpool',
  'sunflowerpegasus7',
])('%s is refused as common', async (password) => {
  await expect(refuseCommon(password, 'ada')).rejects.toMatchObject({ code: 'invalid' });
});

test.each(['tapir-lampe-rost-kiesel', 'xK9$vm2!qLpz', good, '用一个很长的中文密码就好了吧', 'summer rain on tin roofs'])(
  '%s is accepted',
  async (password) => {
    await expect(refuseCommon(password, 'ada')).resolves.toBeUndefined();
  },
);

async function timeMs(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}
