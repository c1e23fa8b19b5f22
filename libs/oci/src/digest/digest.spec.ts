import { type Digest, digestOf, parseDigest, verified } from './digest.ts';

const bytes = (text: string): AsyncIterable<Uint8Array> =>
  (async function* () {
    for (const character of text) yield await Promise.resolve(Buffer.from(character));
  })();

async function text(source: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(source)).toString();
}

test('what passes unchanged is what was promised', async () => {
  expect(await text(verified(bytes('layer'), { digest: digestOf('layer'), sizeBytes: 5 }))).toBe('layer');
});

test('a swapped byte fails at the end and names both digests', async () => {
  const expected = digestOf('layer');
  await expect(text(verified(bytes('laxer'), { digest: expected }))).rejects.toMatchObject({
    code: 'invalid',
    details: { expected, actual: digestOf('laxer') },
  });
});

test('more bytes than promised fail at once, fewer at the end', async () => {
  await expect(text(verified(bytes('layers'), { digest: digestOf('layers'), sizeBytes: 5 }))).rejects.toThrow('longer than the 5 bytes');
  await expect(text(verified(bytes('laye'), { digest: digestOf('laye'), sizeBytes: 5 }))).rejects.toThrow('has 4 bytes instead of 5');
});

test('sha512 is checked with sha512', async () => {
  const digest = `sha512:${'0'.repeat(128)}` as Digest;
  await expect(text(verified(bytes('x'), { digest }))).rejects.toThrow('got sha512:');
});

test.each([
  '',
  'sha256',
  'sha256:abc',
  `md5:${'a'.repeat(32)}`,
  `sha256:${'A'.repeat(64)}`,
  `sha256:${'../'.repeat(22)}`,
  `__proto__:${'a'.repeat(64)}`,
])('%j is no digest', (wrong) => {
  expect(() => parseDigest(wrong)).toThrow(/digest/);
});
