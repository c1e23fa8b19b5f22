import { join } from 'node:path';
import { Failure } from '@gantry/base';
import { type Membership, readIfPresent, writeDurably } from '@gantry/link';
import * as z from 'zod/mini';

const Stored = z.object({
  url: z.url({ protocol: /^https?$/ }),
  agentId: z.string().check(z.minLength(1)),
  serverFingerprint: z.string().check(z.minLength(1)),
  ca: z.string(),
});

/** Where the agent keeps which server it belongs to. */
export function membershipPath(dataRoot: string): string {
  return join(dataRoot, 'agent', 'server.json');
}

/** The server that this host joined; undefined: none yet. A file that is no membership is `invalid` and named. */
export async function readMembership(dataRoot: string): Promise<Membership | undefined> {
  const path = membershipPath(dataRoot);
  const content = await readIfPresent(path);
  if (content === undefined) return undefined;
  try {
    return z.parse(Stored, JSON.parse(content));
  } catch (cause) {
    throw new Failure('invalid', `${path} does not say which server this host joined: remove it and join again`, { cause });
  }
}

export async function writeMembership(dataRoot: string, membership: Membership): Promise<void> {
  await writeDurably(membershipPath(dataRoot), `${JSON.stringify(membership, undefined, 2)}\n`);
}
