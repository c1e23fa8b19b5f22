import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { Failure } from '@gantry/base';

/**
 * The bytes that a program makes of others, as a shell's pipe does. The program runs in the namespaces of the calling thread and is gone when the iteration
 * ends, however it ends; what the source throws is thrown. Fails with `unavailable` where the program is missing and `invalid`, with its words, where it does not
 * end with 0: what it reads is a stranger's.
 */
export async function* throughProgram(
  [name, ...args]: readonly [string, ...string[]],
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const child = spawn(name, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'SIGKILL'));
    child.on('error', (cause) => reject(new Failure('unavailable', `cannot run ${name}: ${cause.message}`, { cause })));
  });
  ended.catch(() => undefined);
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = `${said}${chunk.toString()}`.slice(-1000)));
  const input = Readable.from(source, { objectMode: false });
  const lost: unknown[] = [];
  input.on('error', (error) => {
    lost.push(error);
    child.kill('SIGKILL');
  });
  // It may end before it has read everything.
  child.stdin.on('error', () => input.destroy());
  input.pipe(child.stdin);
  try {
    for await (const chunk of child.stdout) yield chunk as Uint8Array;
    const code = await ended;
    if (lost.length > 0) throw lost[0];
    if (code !== 0) throw new Failure('invalid', `${name} ended with ${code}: ${said.trim()}`);
  } finally {
    child.kill('SIGKILL');
    input.destroy();
    await ended.catch(() => undefined);
  }
}
