import { ask, busyboxArchive } from '@gantry/engine-api/testing';
import { AcknowledgedWrites } from './acknowledged-writes.ts';
import { eventually } from '@gantry/base/testing';
import { type InstalledPart, Installation } from './installation.ts';
import { LogFollower } from './log-follower.ts';

export interface KillPlan {
  readonly writers: number;
  /** What is killed, one after the other; the native engine is in the agent's process and dies with it. */
  readonly kills: readonly (readonly InstalledPart[])[];
  /** How long all is left alone after it has come back. */
  readonly quietMs: number;
}

export interface KillReport {
  readonly lines: number;
  readonly lost: number;
  readonly doubled: number;
  /** How often readers lost their stream and went on from their position. */
  readonly cuts: number;
  readonly acknowledged: number;
  /** Writes that no answer came to, or a failure: nothing is promised of them. */
  readonly refused: number;
  /** Acknowledged, and not there; and exit codes that are not what the process ended with. */
  readonly missing: readonly string[];
  /** For each kill, until the engine answered through the server again. */
  readonly backAfterMs: readonly number[];
}

const backLimitMs = 60_000;
const endLimitMs = 120_000;

/** Ten numbered lines at a time until it is told to end; the last line says how many there were. */
const script = (code: number): string =>
  `trap 'echo end $i; exit ${code}' TERM; i=0; while :; do for n in 0 1 2 3 4 5 6 7 8 9; do echo $i; i=$((i+1)); done; sleep 0.2; done`;

/** Kills the parts of a whole Gantry in turn while containers write, readers follow, and writes are made; counts everything afterwards. */
export async function killInTurn({ writers, kills, quietMs }: KillPlan): Promise<KillReport> {
  await using installation = await Installation.start();
  await using _containers = { [Symbol.asyncDispose]: () => removeContainers(installation) };
  await ask(socketOf(installation), 'POST /images/load', { body: busyboxArchive() });
  const ids: string[] = [];
  for (let number = 0; number < writers; number++) ids.push(await startWriter(installation, number));
  const followers = ids.map((id) => new LogFollower(installation, id));
  const stopping = new AbortController();
  const limit = AbortSignal.timeout(kills.length * (backLimitMs + quietMs) + endLimitMs);
  const reading = Promise.all(followers.map((follower) => follower.run((line) => line.startsWith('end '), limit)));
  const writes = new AcknowledgedWrites(installation);
  const writing = writes.run(stopping.signal);

  const backAfterMs: number[] = [];
  for (const parts of kills) {
    await quiet(quietMs);
    for (const part of parts) await installation.kill(part);
    backAfterMs.push(await untilBack(installation));
  }
  await quiet(quietMs);
  stopping.abort();
  await writing;
  for (const id of ids) await post(installation, `/containers/${id}/stop`);
  await reading;

  const counted = followers.map(({ lines }) => countLines(lines));
  const wrongCodes = await Promise.all(ids.map((id, number) => wrongCode(installation, { id, code: 100 + number })));
  return {
    lines: counted.reduce((sum, { lines }) => sum + lines, 0),
    lost: counted.reduce((sum, { lost }) => sum + lost, 0),
    doubled: counted.reduce((sum, { doubled }) => sum + doubled, 0),
    cuts: followers.reduce((sum, { cuts }) => sum + cuts, 0),
    acknowledged: writes.count,
    refused: writes.refused,
    missing: [...(await writes.missing()), ...wrongCodes.flat()],
    backAfterMs,
  };
}

async function startWriter(installation: Installation, number: number): Promise<string> {
  const body = { Image: 'busybox:latest', Cmd: ['sh', '-c', script(100 + number)], HostConfig: { NetworkMode: 'none' } };
  const created = await post(installation, `/containers/create?name=writer-${number}`, body);
  const { Id: id } = (await created.json()) as { Id: string };
  await post(installation, `/containers/${id}/start`);
  return id;
}

async function post(installation: Installation, target: string, body?: unknown): Promise<Response> {
  const answer = await installation.engine('POST', target, body === undefined ? {} : { body });
  if (!answer.ok) throw new Error(`POST ${target} answered ${answer.status}: ${await answer.text()}`);
  return answer;
}

async function untilBack(installation: Installation): Promise<number> {
  const startMs = performance.now();
  const look = async (): Promise<void> => {
    const { status } = await installation.engine('GET', '/containers/json', { signal: AbortSignal.timeout(5000) });
    if (status !== 200) throw new Error(`the engine answered ${status}`);
  };
  await eventually(look, backLimitMs);
  return performance.now() - startMs;
}

/** Each number once and in its order, and as many as the last line says. */
function countLines(read: readonly string[]): { lines: number; lost: number; doubled: number } {
  const numbers = read.filter((line) => !line.startsWith('end '));
  const written = Number(read.at(-1)?.slice('end '.length));
  const seen = new Set(numbers);
  const lost = Array.from({ length: written }, (_, number) => String(number)).filter((number) => !seen.has(number)).length;
  return { lines: written, lost, doubled: numbers.length - seen.size };
}

async function wrongCode(installation: Installation, { id, code }: { id: string; code: number }): Promise<string[]> {
  const answer = await post(installation, `/containers/${id}/wait`);
  const { StatusCode } = (await answer.json()) as { StatusCode: number };
  return StatusCode === code ? [] : [`exit code ${code} of a writer: ${StatusCode}`];
}

async function removeContainers(installation: Installation): Promise<void> {
  const list = (await ask(socketOf(installation), 'GET /containers/json?all=1')).value as { Id: string }[];
  for (const { Id } of list) await ask(socketOf(installation), `DELETE /containers/${Id}?force=1`);
}

const socketOf = ({ dockerSocket }: Installation) => ({ kind: 'native', socketPath: dockerSocket, enter: [] }) as const;
const quiet = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
