import { messages } from '@gantry/engine-api';
import { rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type PipedExecPlace, startPipedExec } from '@gantry/linux';
import { type ContainersHost, runtimeOf } from '../containers/containers-host.ts';
import { startRefusal } from '../containers/runtime-words.ts';
import type { Exec } from './exec.ts';
import type { RunningExec } from './exec-stream.ts';
import { finishExec } from './finish-exec.ts';
import { OutputQueue } from './output-queue.ts';
import { durableStep } from '../state/durable-step.ts';

const holdMs = 30;

/** On crun's own pipes: fast, and gone with the engine. */
export function pipedExec(host: ContainersHost, exec: Exec, place: PipedExecPlace): RunningExec {
  const { directory } = place;
  const child = startPipedExec(runtimeOf(host, exec.container.id), exec.container.id, place);
  if (!exec.config.attachStdin) child.stdin.end();
  const queue = new OutputQueue();
  const refused = Promise.withResolvers<boolean>();
  const drained = Promise.all([drain(child.stdout, 'stdout', queue), drainErrors(child.stderr, queue, refused.promise)]);
  const end = child.ended.then(async (result) => {
    refused.resolve('refusal' in result);
    await drained;
    if ('refusal' in result) refuse(exec, { queue, sentence: result.refusal });
    else finishExec(host, exec, { code: result.code, pid: pidOf(exec) });
    queue.end();
    void durableStep('exec.remove', () => rm(directory, { recursive: true, force: true }));
  });
  void child.process().then((process) => {
    if (exec.state.name === 'running') exec.state = { name: 'running', process };
  });
  return {
    output: queue.parts(),
    write: (bytes) => new Promise((resolve) => child.stdin.write(bytes, () => resolve())),
    endInput: () => child.stdin.end(),
    leave: () => {
      queue.abandon();
    },
    end,
  };
}

const pidOf = ({ state }: Exec): number => (state.name === 'running' ? (state.process?.pid ?? 0) : 0);

async function drain(pipe: Readable, stream: 'stdout' | 'stderr', queue: OutputQueue): Promise<void> {
  try {
    for await (const chunk of pipe) await queue.push({ stream, bytes: chunk as Buffer });
  } catch {
    // The pipe broke with its process.
  }
}

/**
 * The runtime says why it cannot start a program on the same pipe as the program would write to. So the first piece waits until more comes, the
 * exec ends or 30 ms have passed, and is dropped when the runtime has refused.
 */
async function drainErrors(pipe: Readable, queue: OutputQueue, refused: Promise<boolean>): Promise<void> {
  let isFirst = true;
  try {
    for await (const chunk of pipe) {
      const isDropped = isFirst && (await Promise.race([refused, sleep(holdMs, false)]));
      isFirst = false;
      if (!isDropped) await queue.push({ stream: 'stderr', bytes: chunk as Buffer });
    }
  } catch {
    // The pipe broke with its process.
  }
}

/** Nothing has run: no end is told. */
function refuse(exec: Exec, { queue, sentence }: { queue: OutputQueue; sentence: string }): void {
  const refusal = startRefusal(sentence, exec.config.command[0] ?? '');
  queue.offer({
    stream: 'stdout',
    bytes: Buffer.from(`${messages.runtimeExecFailed(refusal.words)}\r\n`),
  });
  exec.state = { name: 'exited', code: refusal.code, pid: 0 };
}
