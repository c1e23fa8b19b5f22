import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '@gantry/base';
import { stringify, messages } from '@gantry/engine-api';
import { endLeftExec, type PipedExec, type PipedExecPlace, startPipedExec } from '@gantry/linux';
import { cgroupOf, type ContainersHost, pathsOf, publish, runtimeOf } from '../containers/containers-host.ts';
import type { ManagedContainer } from '../containers/managed-container.ts';
import { startRefusal } from '../containers/runtime-words.ts';
import type { ExecConfig } from '../execs/exec.ts';
import { publishExec } from '../execs/exec-events.ts';
import { execProcess } from '../execs/exec-process.ts';
import type { ExecId } from '../ids.ts';
import { goDuration } from './go-duration.ts';
import type { HealthCheck } from './health-check.ts';
import type { ProbeResult } from './health-state.ts';
import { ProbeOutput } from './probe-output.ts';

/** What a probe has started may keep its pipes open; nobody waits longer for more to be said. */
const drainMs = 2000;
const killAgainMs = 100;

/** Runs a check once, on the runtime's own pipes. Kills it when its time is over or `signal` aborts; it has ended when this resolves. */
export async function runProbe(
  host: ContainersHost,
  container: ManagedContainer,
  { check, signal }: { check: HealthCheck; signal: AbortSignal },
): Promise<ProbeResult> {
  const startMs = Date.now();
  const ended = (exitCode: number, output: string): ProbeResult => ({ startMs, endMs: Date.now(), exitCode, output });
  const exec = { id: randomBytes(32).toString('hex') as ExecId, config: probeConfig(check.command) };
  try {
    publishExec(host, container, { verb: 'exec_create', exec });
    const place = await prepared(host, container, exec.config);
    publishExec(host, container, { verb: 'exec_start', exec });
    const child = startPipedExec(runtimeOf(host, container.id), container.id, place);
    const output = collected(child);
    const result = await endWithin(child, check.timeoutMs, signal);
    await output.closed;
    if (result !== 'late' && 'refusal' in result) return ended(-1, refusalText(result.refusal, check.command));
    const code = result === 'late' ? killedCode : result.code;
    publish(host, container, { action: 'exec_die', more: { execID: exec.id, exitCode: String(code) } });
    return result === 'late' ? ended(-1, lateText(check.timeoutMs, output.text())) : ended(code, output.text());
  } catch (thrown) {
    return ended(-1, Failure.from(thrown).message);
  }
}

const killedCode = 137;

function probeConfig(command: readonly string[]): ExecConfig {
  return {
    ...{ user: '', isPrivileged: false, tty: false, consoleSize: undefined, detachKeys: '', env: [], workingDirectory: '', command },
    ...{ attachStdin: false, attachStdout: true, attachStderr: true },
  };
}

const directoryOf = (host: ContainersHost, { id }: ManagedContainer): string => join(pathsOf(host, id).bundle, 'probe');

/** The directory of a container's probes, in its bundle; they run one after another, so one serves all. */
async function prepared(host: ContainersHost, container: ManagedContainer, config: ExecConfig): Promise<PipedExecPlace> {
  const directory = directoryOf(host, container);
  await rm(directory, { recursive: true, force: true });
  const [{ spec, owner }] = await Promise.all([execProcess(host, container, config), mkdir(directory, { mode: 0o700 })]);
  await writeFile(join(directory, 'process.json'), stringify(spec), { mode: 0o600 });
  return { directory, owner };
}

/** A probe of an engine that was killed goes on and nobody counts its time: it ends before the next begins. */
export async function endLeftProbe(host: ContainersHost, container: ManagedContainer): Promise<void> {
  await endLeftExec(directoryOf(host, container), cgroupOf(host, container.id));
}

function collected({ stdin, stdout, stderr, ended }: PipedExec): { readonly closed: Promise<unknown>; text(): string } {
  stdin.end();
  const output = new ProbeOutput();
  const pipes = [stdout, stderr].map((pipe) => {
    pipe.on('error', () => undefined).on('data', (chunk: Buffer) => output.add(chunk));
    return new Promise((resolve) => pipe.once('close', resolve));
  });
  const closed = ended.then(async () => {
    await Promise.race([Promise.all(pipes), sleep(drainMs, undefined, { ref: false })]);
    stdout.destroy();
    stderr.destroy();
  });
  return { closed, text: () => output.text };
}

async function endWithin(child: PipedExec, timeoutMs: number, signal: AbortSignal): Promise<Awaited<PipedExec['ended']> | 'late'> {
  const over = AbortSignal.any([signal, AbortSignal.timeout(Math.min(timeoutMs, 2 ** 31 - 1))]);
  const late = new Promise<'late'>((resolve) => {
    if (over.aborted) resolve('late');
    over.addEventListener('abort', () => resolve('late'), { once: true });
  });
  const first = await Promise.race([child.ended, late]);
  if (first !== 'late') return first;
  // It may be about to begin, or frozen by somebody.
  do child.kill();
  while (!(await Promise.race([child.ended.then(() => true), sleep(killAgainMs, false)])));
  return 'late';
}

function refusalText(sentence: string, command: readonly string[]): string {
  const { words } = startRefusal(sentence, command[0] ?? '');
  return messages.runtimeExecFailed(words);
}

function lateText(timeoutMs: number, said: string): string {
  return `Health check exceeded timeout (${goDuration(timeoutMs)})${said === '' ? '' : `: ${said}`}`;
}
