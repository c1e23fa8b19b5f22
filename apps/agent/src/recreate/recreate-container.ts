import { randomBytes } from 'node:crypto';
import { Failure } from '@gantry/base';
import { type Bytes, demultiplex, type EngineClient, multiplexedStream } from '@gantry/engine-api/client';
import * as z from 'zod/mini';
import { endedWithin, findContainer, type Inspected, nameOf } from './engine-questions.ts';
import type { ReplacingNotes } from './replacing-notes.ts';
import { type Replacing, takeBack } from './take-back.ts';

export interface Recreation {
  /** Id or name of the container that is there. */
  readonly id: string;
  /** What the new one is to be called; without it as the old one. */
  readonly name?: string | undefined;
  readonly platform?: string | undefined;
  /** Whether the new one is started; the old one's state does not count. */
  readonly isStarted: boolean;
  /** The body of a create request, as it came. */
  readonly body: Uint8Array;
}

export interface Recreated {
  readonly Id: string;
  readonly Warnings: readonly string[];
}

export interface RecreateParts {
  /** Asks as the person who wants it, under the policy of the host. */
  readonly client: EngineClient;
  readonly notes: ReplacingNotes;
  /** Hears what could not be tidied up after the new container ran. */
  readonly report: (failure: Failure) => void;
  /** How long a new container has to stay up to count as running. */
  readonly settleMs?: number;
}

const usualSettleMs = 2000;
const Created = z.object({ Id: z.string(), Warnings: z.nullish(z.array(z.string())) });

/**
 * Puts a new container in place of one that is there: the new one is made, takes the name that the old one gives away, the old one is stopped, the new one started, and only when that runs is
 * the old one removed. Whatever fails on the way, the old one is back as it was, under its name, running if it ran; the Failure says what failed. What is under way is written down before
 * (`ReplacingNotes`), so that an agent that ends in between takes it back at its next start.
 * The volumes of the old one stay, those without a name too: the new one has those that its body names.
 */
export async function recreateContainer(asked: Recreation, parts: RecreateParts): Promise<Recreated> {
  const { client, notes, report } = parts;
  const old = await findContainer(client, asked.id);
  if (!old) throw new Failure('not-found', `No such container: ${asked.id}`);
  refuseSelfRemoving(old);
  const begun = replacingOf(old, asked.name);
  let replacing: Replacing = begun;
  await refuseTakenName(client, replacing);
  await using note = await notes.begin(replacing);
  const learn = async (more: Partial<Replacing>): Promise<void> => {
    replacing = { ...replacing, ...more };
    await note.write(replacing);
  };
  let made: Recreated;
  try {
    made = await putInPlace(asked, { old: begun, client, learn });
    if (asked.isStarted) await startNew(client, made.Id, parts.settleMs ?? usualSettleMs);
    await learn({ isReplaced: true });
  } catch (thrown) {
    throw await afterFailure(Failure.from(thrown), { client, replacing, keep: note.keep });
  }
  await client.call('ContainerDelete', { path: { id: old.Id }, query: { force: true } }).catch((thrown: unknown) => {
    note.keep();
    const { message } = Failure.from(thrown);
    report(
      new Failure(
        'internal',
        `container ${replacing.name} was replaced, but the old one, ${replacing.setAside}, is still there: ${message}`,
      ),
    );
  });
  return made;
}

function refuseSelfRemoving(old: Inspected): void {
  if (old.State.Running && old.HostConfig?.AutoRemove === true)
    throw new Failure(
      'conflict',
      `container ${nameOf(old)} removes itself when it stops, so that it could not be brought back: duplicate it, or stop it and run a new one`,
    );
}

/** Before anything is done: no step may come upon a container that is somebody else's. */
async function refuseTakenName(client: EngineClient, { oldId, newName }: Replacing): Promise<void> {
  const found = await findContainer(client, newName);
  if (found && found.Id !== oldId && nameOf(found) === newName)
    throw new Failure('conflict', `Conflict. The container name "/${newName}" is already in use`);
}

function replacingOf(old: Inspected, newName: string | undefined): Placing['old'] {
  const name = nameOf(old);
  const setAside = `${name}-before-${old.Id.slice(0, 8)}`;
  const madeAs = `${newName ?? name}-after-${randomBytes(8).toString('hex')}`;
  return { oldId: old.Id, name, setAside, newName: newName ?? name, madeAs, wasRunning: old.State.Running };
}

interface Placing {
  readonly old: Replacing & { readonly madeAs: string };
  readonly client: EngineClient;
  readonly learn: (more: Partial<Replacing>) => Promise<void>;
}

/**
 * The new one is made before the old one loses its name or stops: what the engine refuses costs no second of service. It is made under a name of its own: were nobody to hear
 * what came of that, whoever takes the wanted name at that moment would be taken for it.
 */
async function putInPlace(asked: Recreation, { old, client, learn }: Placing): Promise<Recreated> {
  const { platform, body } = asked;
  const query = { name: old.madeAs, ...(platform === undefined ? {} : { platform }) };
  const answer = await client.call('ContainerCreate', { query, body, headers: { 'content-type': 'application/json' } });
  const { Id, Warnings } = z.parse(Created, await answer.json());
  await learn({ newId: Id });
  await client.call('ContainerRename', { path: { id: old.oldId }, query: { name: old.setAside } });
  await client.call('ContainerRename', { path: { id: Id }, query: { name: old.newName } });
  if (old.wasRunning) await client.call('ContainerStop', { path: { id: old.oldId } });
  return { Id, Warnings: Warnings ?? [] };
}

/** Fails where it does not start, or ends with an error, or is started again and again, within the time. */
async function startNew(client: EngineClient, id: string, settleMs: number): Promise<void> {
  await client.call('ContainerStart', { path: { id } });
  const status = await endedWithin(client, id, settleMs);
  const now = await findContainer(client, id);
  const isRestarted = (now?.RestartCount ?? 0) > 0;
  if (status !== undefined ? status === 0 : !isRestarted) return;
  const said = await lastWords(client, id).catch(() => '');
  const how = `the new container ended with status ${status ?? now?.State.ExitCode ?? 'unknown'} right after its start`;
  throw new Failure('conflict', said === '' ? how : `${how}: ${said}`);
}

const mostSaid = 500;

/** The end of its log, as one line. */
async function lastWords(client: EngineClient, id: string): Promise<string> {
  const answer = await client.call('ContainerLogs', { path: { id }, query: { stdout: true, stderr: true, tail: '5' } });
  const isFramed = answer.headers.get('content-type') === multiplexedStream;
  const decoder = new TextDecoder();
  let said = '';
  for await (const bytes of isFramed ? payloads(answer.bytes) : answer.bytes) said += decoder.decode(bytes, { stream: true });
  return said
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(-mostSaid);
}

async function* payloads(frames: Bytes): Bytes {
  for await (const { bytes } of demultiplex(frames)) yield bytes;
}

interface HalfDone {
  readonly client: EngineClient;
  readonly replacing: Replacing;
  /** Leaves the note to the next start. */
  readonly keep: () => void;
}

async function afterFailure(failure: Failure, { client, replacing, keep }: HalfDone): Promise<Failure> {
  try {
    if (!(await takeBack(client, replacing)))
      return new Failure('internal', `${failure.message}; and container ${replacing.name} (${replacing.oldId}) is gone`, {
        cause: failure,
      });
  } catch (thrown) {
    keep();
    return new Failure(
      'internal',
      `${failure.message}; and container ${replacing.name} could not be brought back: ${Failure.from(thrown).message}`,
      { cause: failure },
    );
  }
  return new Failure(failure.code, `${failure.message}; container ${replacing.name} is as it was`, { cause: failure });
}
