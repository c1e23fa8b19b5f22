import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '@gantry/base';
import { enrol, type HostFacts, Identity, type JoinCode, type Membership, parseJoinCode, readIfPresent } from '@gantry/link';
import { readMembership, writeMembership } from './membership-file.ts';

const lookEveryMs = 200;
const retryMs = 1000;

export interface JoinRequest {
  readonly dataRoot: string;
  readonly serverUrl: string | undefined;
  readonly codeFile: string | undefined;
  readonly facts: HostFacts;
  /** Told once when the host waits for something: a code that does not lie there yet, a server that does not answer. */
  readonly onWaiting?: (what: string) => void;
}

/** The agent's key on this host. */
export function openIdentity(dataRoot: string): Promise<Identity> {
  return Identity.open(join(dataRoot, 'agent', 'agent.key'));
}

/**
 * The server of this host: the one it joined, or the one it joins now with the code of the file. A code of another server than the one
 * joined before wins: somebody put it there. A known server at another address is followed there.
 */
export async function joinServer(request: JoinRequest, signal: AbortSignal): Promise<Membership> {
  const { dataRoot, serverUrl, codeFile } = request;
  const known = await readMembership(dataRoot);
  const code = codeFile === undefined ? undefined : await readCode(codeFile);
  if (known && (!code || code.pin === known.serverFingerprint)) return follow(known, request);
  if (serverUrl === undefined) {
    throw new Failure('precondition', 'this host has not joined a server: run gantry join --url URL with the code that "Add host" shows');
  }
  if (codeFile === undefined)
    throw new Failure('precondition', `this host has not joined ${serverUrl}: run gantry join --url ${serverUrl}`);
  return enrolWith(code ?? (await waitForCode(codeFile, request, signal)), { ...request, serverUrl }, signal);
}

/** Joins with this code, tries again while the server does not answer, and keeps what came of it. */
export async function enrolWith(code: JoinCode, request: JoinRequest & { serverUrl: string }, signal: AbortSignal): Promise<Membership> {
  const { dataRoot, serverUrl: url, facts, onWaiting } = request;
  const identity = await openIdentity(dataRoot);
  let isTold = false;
  for (;;) {
    try {
      const membership = await enrol({ url, code, identity, facts }, signal);
      await writeMembership(dataRoot, membership);
      return membership;
    } catch (thrown) {
      const failure = Failure.from(thrown);
      if (failure.code !== 'unavailable' && failure.code !== 'exhausted') throw failure;
      if (!isTold) onWaiting?.(failure.message);
      isTold = true;
      await delay(retryMs, undefined, { signal });
    }
  }
}

async function follow(known: Membership, { dataRoot, serverUrl }: JoinRequest): Promise<Membership> {
  if (serverUrl === undefined || serverUrl === known.url) return known;
  const moved = { ...known, url: serverUrl };
  await writeMembership(dataRoot, moved);
  return moved;
}

async function waitForCode(codeFile: string, { onWaiting }: JoinRequest, signal: AbortSignal): Promise<JoinCode> {
  onWaiting?.(`for a join code in ${codeFile}`);
  for (;;) {
    const code = await readCode(codeFile);
    if (code) return code;
    await delay(lookEveryMs, undefined, { signal });
  }
}

async function readCode(codeFile: string): Promise<JoinCode | undefined> {
  const content = await readIfPresent(codeFile);
  return content === undefined || content.trim() === '' ? undefined : parseJoinCode(content);
}
