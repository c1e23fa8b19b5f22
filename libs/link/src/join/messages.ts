import { Failure, failureCodes } from '@gantry/base';
import * as z from 'zod/mini';

/** The namespace of agents on the server's socket. */
export const agentNamespace = '/agent';
/** The protocol that this release speaks best and the oldest one it still speaks. */
export const protocols = { newest: 1, oldest: 1 } as const;
/** Nothing larger is read from a connection that has not proven its key. */
export const largestPacketBeforeProofBytes = 4096;
/** The largest message of the link; socket.io's `maxHttpBufferSize`, which closes a socket without a reason. */
export const largestMessageBytes = 262_144;
/** A connection proves its key in this time or is closed. */
export const proofLimitMs = 5000;

/** The header of a command that takes effect once, whatever happens to the link: its value is the request's id. */
export const commandKeyHeader = 'idempotency-key';
/** What an agent says to be able to that keeps a journal of commands by their key. */
export const commandsOnce = 'commands-once';
/** What an agent says to be able to that keeps terminals while nobody is attached to them. */
export const terminalSessions = 'terminal-sessions';
/** What an agent says to be able to that keeps what docker clients open as such a terminal, too, and shells on the host. */
export const attachedSessions = 'attached-sessions';

const base64url = (length: number) => z.string().check(z.regex(new RegExp(`^[A-Za-z0-9_-]{${length}}$`)));
export const Nonce = base64url(32);
const Key = base64url(43);
const Signature = base64url(86);
const Id = z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/));
const text = (longest: number) => z.string().check(z.maxLength(longest));
const natural = z.int().check(z.nonnegative());

export const LinkRole = z.enum(['control', 'bulk']);
export type LinkRole = z.infer<typeof LinkRole>;

/** What a host says of itself; numbers in bytes and whole cores. */
export const HostFacts = z.object({
  hostname: text(255),
  operatingSystem: text(255),
  kernel: text(255),
  architecture: text(32),
  cpus: natural,
  memoryBytes: natural,
  engine: z.object({ kind: z.enum(['native', 'docker', 'podman', 'none']), version: text(64), apiVersion: text(16) }),
  agentVersion: text(64),
  addresses: z.array(text(64)).check(z.maxLength(32)),
  bootId: text(64),
});
export type HostFacts = z.infer<typeof HostFacts>;

export const Identify = z.object({ nonce: Nonce });
export const Identified = z.object({ serverKey: Key, nonce: Nonce, ca: text(8192), signature: Signature });
export type Identified = z.infer<typeof Identified>;

export const Enrol = z.object({ joinCodeId: Id, secret: base64url(32), publicKey: Key, facts: HostFacts, signature: Signature });
export const Enrolled = z.object({ agentId: Id, state: z.enum(['active', 'pending']) });
export type Enrolled = z.infer<typeof Enrolled>;

export const Hello = z.object({
  role: LinkRole,
  agentId: Id,
  /** Random for each start of an agent process: tells a restart from a second host with the same key. */
  instanceId: Id,
  nonce: Nonce,
  protocols: z.object({ newest: natural, oldest: natural }),
  capabilities: z.array(text(64)).check(z.maxLength(64)),
  /** Of the control link that a bulk connection belongs to. */
  linkId: z.exactOptional(Id),
});
export type Hello = z.infer<typeof Hello>;
export const Challenge = z.object({ serverKey: Key, nonce: Nonce, serverEpoch: natural, protocol: natural, signature: Signature });
export type Challenge = z.infer<typeof Challenge>;

export const Prove = z.object({ signature: Signature });
export const Welcome = z.object({
  linkId: Id,
  state: z.enum(['active', 'pending']),
  /** The last report that the server committed. */
  lastSequence: natural,
  capabilities: z.array(text(64)).check(z.maxLength(64)),
  /** The server's own certificate authority (PEM), empty where it has none. */
  ca: text(8192),
});
export type Welcome = z.infer<typeof Welcome>;

/** Server to agent: the containers that somebody looks at now. */
export const Watch = z.object({ ids: z.array(text(64)).check(z.maxLength(4096)) });
/** Server to agent: why the link ends. */
export const Closing = z.object({ code: z.enum(failureCodes), message: text(1000) });

const FailureShape = z.object({ code: z.enum(failureCodes), message: text(2000), retryAfterMs: z.exactOptional(natural) });
const Answer = z.union([z.object({ ok: z.literal(true), value: z.unknown() }), z.object({ ok: z.literal(false), failure: FailureShape })]);
/** How an answer crosses: a failure keeps its code and message and, where it has one, the wait that it asks for; never its cause. */
export type Answer = z.infer<typeof Answer>;

/** The value of a message that came over the wire; `invalid` and names what is wrong. */
export function parseMessage<T extends z.ZodMiniType>(schema: T, name: string, message: unknown): z.infer<T> {
  const parsed = z.safeParse(schema, message);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Failure('invalid', `malformed ${name}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim());
}

/** Runs the work of an answer and packs what came of it. Never rejects. */
export async function packAnswer(work: () => Promise<unknown>): Promise<Answer> {
  try {
    return { ok: true, value: await work() };
  } catch (thrown) {
    const { code, message, details } = Failure.from(thrown);
    const wait = typeof details.retryAfterMs === 'number' ? { retryAfterMs: details.retryAfterMs } : {};
    return { ok: false, failure: { code, message: code === 'internal' ? 'internal error' : message, ...wait } };
  }
}

/** The value of an answer; throws the failure that it carries. */
export function openAnswer(message: unknown): unknown {
  const answer = parseMessage(Answer, 'answer', message);
  if (answer.ok) return answer.value;
  const { code, message: words, retryAfterMs } = answer.failure;
  throw new Failure(code, words, retryAfterMs === undefined ? {} : { details: { retryAfterMs } });
}
