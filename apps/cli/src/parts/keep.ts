import { setTimeout as delay } from 'node:timers/promises';
import { tell } from '../say.ts';
import { Trouble } from '../trouble.ts';
import { Part, type PartEvent, type PartProgram } from './part.ts';

/** A part ends with this status where starting it again would not help until a person changed something. */
export const hopeless = 3;
const restartMs = 500;
const crashWindowMs = 60_000;
const mostCrashes = 5;
const slowRestartMs = 10_000;

export interface Kept {
  /** Settles when the part has come up for the first time; rejects when it ended before. */
  readonly up: Promise<undefined>;
  /** Rejects with a Trouble when the part cannot go on; else pends until it was stopped. */
  readonly ended: Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface KeepOptions {
  readonly isUp: (event: PartEvent) => boolean;
  readonly hear: (event: PartEvent) => void;
  /** Told each process that the part becomes. */
  readonly onStart?: (pid: number) => void;
}

/** Runs a part and starts it again within a second whenever it ends by itself, more slowly where it keeps ending. */
export function keep(program: PartProgram, options: KeepOptions): Kept {
  const up = Promise.withResolvers<undefined>();
  up.promise.catch(() => undefined);
  const crashes: number[] = [];
  const stopping = new AbortController();
  let part: Part;
  let wasUp = false;
  const start = (): Part =>
    new Part(program, (event) => {
      if (options.isUp(event)) {
        wasUp = true;
        up.resolve(undefined);
      }
      options.hear(event);
    });
  const watch = async (): Promise<void> => {
    for (;;) {
      part = start();
      if (part.pid !== undefined) options.onStart?.(part.pid);
      const status = await part.ended;
      if (stopping.signal.aborted) return;
      if (!wasUp || status === hopeless) throw new Trouble(`the ${program.name} did not ${wasUp ? 'go on' : 'start'}`);
      const waitMs = restartDelayMs(crashes, performance.now());
      tell(`the ${program.name} ended with status ${status} and is started again`);
      await delay(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const ended = watch();
  ended.catch((thrown: unknown) => up.reject(thrown as Error));
  const stop = async (): Promise<void> => {
    stopping.abort();
    await part.stop();
    await ended.catch(() => undefined);
  };
  return { up: up.promise, ended, stop };
}

/** Half a second; ten where it has ended more than five times in a minute. Notes this end. */
export function restartDelayMs(crashes: number[], nowMs: number): number {
  while (crashes[0] !== undefined && nowMs - crashes[0] > crashWindowMs) crashes.shift();
  crashes.push(nowMs);
  return crashes.length > mostCrashes ? slowRestartMs : restartMs;
}
