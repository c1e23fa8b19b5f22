import { argon2, type Argon2Parameters, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { Failure } from '@gantry/base';

/** OWASP's second recommendation: 19 MiB, two passes, one lane; about 30 ms. */
const cost = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const tagLength = 32;
/** So many hashes at once; each holds 19 MiB and a thread of the pool that files and DNS use as well. */
const slots = 2;
/** So many more may wait; beyond that somebody is flooding the server. */
const longestQueue = 32;

const derive = promisify(argon2) as (algorithm: 'argon2id', parameters: Argon2Parameters) => Promise<Buffer>;
const form = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/;

let running = 0;
const waiting: (() => void)[] = [];

/** The hash of a password in the PHC string format. `exhausted` where too many others wait for theirs. */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(16);
  const tag = await inSlot(() => derive('argon2id', { message: password.normalize('NFKC'), nonce, tagLength, ...cost }));
  return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${base64(nonce)}$${base64(tag)}`;
}

/**
 * Whether the password belongs to the hash. Without a hash (nobody has that name) the same work is done and the answer is no, so that the
 * time tells nobody which names exist.
 */
export async function isPassword(password: string, hash: string | undefined): Promise<boolean> {
  const [, memory, passes, parallelism, nonce, tag] = form.exec(hash ?? (await nobodysHash())) ?? [];
  if (nonce === undefined || tag === undefined) throw new Failure('internal', 'a stored password hash is malformed');
  const expected = Buffer.from(tag, 'base64');
  const parameters = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism), tagLength: expected.length };
  const message = password.normalize('NFKC');
  const found = await inSlot(() => derive('argon2id', { message, nonce: Buffer.from(nonce, 'base64'), ...parameters }));
  return timingSafeEqual(found, expected) && hash !== undefined;
}

/** Whether a hash was made at another cost than those of today: it is made again at the next sign-in, when the password is at hand. */
export function isStale(hash: string | null): boolean {
  const [, memory, passes, parallelism] = form.exec(hash ?? '') ?? [];
  return Number(memory) !== cost.memory || Number(passes) !== cost.passes || Number(parallelism) !== cost.parallelism;
}

let nobody: Promise<string> | undefined;
function nobodysHash(): Promise<string> {
  nobody ??= hashPassword(randomBytes(16).toString('hex'));
  return nobody;
}

async function inSlot<Value>(work: () => Promise<Value>): Promise<Value> {
  if (running >= slots) {
    if (waiting.length >= longestQueue)
      throw new Failure('exhausted', 'too many people sign in at once', { details: { retryAfterSeconds: 2 } });
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else running++;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
