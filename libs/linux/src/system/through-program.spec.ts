import { throughProgram } from './through-program.ts';

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}
const all = async (bytes: AsyncIterable<Uint8Array>): Promise<string> => Buffer.concat(await Array.fromAsync(bytes)).toString();

test('what goes in comes out as the program makes it', async () => {
  expect(await all(throughProgram(['tr', 'a-z', 'A-Z'], pieces('one ', 'two')))).toBe('ONE TWO');
});

test('a program that fails is named with its words', async () => {
  await expect(all(throughProgram(['sh', '-c', 'cat >/dev/null; echo bad luck >&2; exit 3'], pieces('x')))).rejects.toMatchObject({
    code: 'invalid',
    message: 'sh ended with 3: bad luck',
  });
});

test('a program that is missing is named', async () => {
  await expect(all(throughProgram(['no-such-program'], pieces('x')))).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('cannot run no-such-program') as unknown,
  });
});

test('what the source throws is thrown', async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield* pieces('x');
    throw new Error('connection lost');
  }
  await expect(all(throughProgram(['cat'], failing()))).rejects.toThrow('connection lost');
});

test('whoever stops reading ends the program and closes the source', async () => {
  let isClosed = false;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield await Promise.resolve(Buffer.alloc(65_536));
    } finally {
      isClosed = true;
    }
  }
  for await (const chunk of throughProgram(['cat'], endless())) if (chunk.length > 0) break;
  await new Promise((resolve) => setImmediate(resolve));
  expect(isClosed).toBe(true);
});

test('a program that does not read all of its input ends well', async () => {
  expect(await all(throughProgram(['head', '-c', '3'], pieces('abc', 'd'.repeat(1_000_000))))).toBe('abc');
});
