import { base32, matchingStep, stepAt, totpCode, totpUri } from './totp.ts';

/** The secret of RFC 6238, appendix B. */
const secret = Buffer.from('12345678901234567890');

test.each([
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
])('at second %i the code is that of RFC 6238', (seconds, code) => {
  expect(totpCode(secret, stepAt(seconds * 1000))).toBe(code);
});

test('a code is good in its half minute, the one before and the one after', () => {
  const atMs = 1_111_111_111_000;
  const step = stepAt(atMs);

  expect([-2, -1, 0, 1, 2].map((shift) => matchingStep(secret, totpCode(secret, step + shift), atMs))).toEqual([
    undefined,
    step - 1,
    step,
    step + 1,
    undefined,
  ]);
  for (const wrong of ['', '050472', '50471', '0504710', '０５０４７１']) expect(matchingStep(secret, wrong, atMs)).toBeUndefined();
});

test('the secret is written as RFC 4648 says, and the address as authenticators read it', () => {
  expect(['', 'f', 'fo', 'foo', 'foob', 'fooba', 'foobar'].map((text) => base32(Buffer.from(text)))).toEqual([
    '',
    'MY',
    'MZXQ',
    'MZXW6',
    'MZXW6YQ',
    'MZXW6YTB',
    'MZXW6YTBOI',
  ]);
  expect(totpUri('ada lovelace', secret)).toBe(
    'otpauth://totp/Gantry:ada%20lovelace?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Gantry&algorithm=SHA1&digits=6&period=30',
  );
});
