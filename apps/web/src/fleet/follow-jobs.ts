import type { JobsMessage } from '@gantry/contract';
import type { BrowserSocket } from '../api/browser-socket.ts';
import { call } from '../api/call.ts';
import { routes } from '../api/routes.ts';
import type { Fleet } from './fleet.ts';
import { JobBoard, type StepHeard } from './job-board.ts';

/** Keeps the board up to date: all jobs with each connection, then what changes. A container that a job works on is pending in every list. */
export function followJobs(fleet: Fleet, socket: BrowserSocket): JobBoard {
  const board = new JobBoard(marking(fleet));
  /** What came while all jobs were asked for: it may be newer than the answer. */
  let held: JobsMessage[] | undefined;
  const refresh = async (): Promise<void> => {
    const mine: JobsMessage[] = (held = []);
    try {
      board.takeAll(await call(routes.listJobs, {}));
    } catch {
      // The shell says that the server cannot be reached; the next connection asks again.
    }
    if (held === mine) held = undefined;
    mine.forEach((message) => board.take(message));
  };
  socket.on('connect', () => void refresh());
  socket.on('jobs', (message) => (held ? held.push(message) : board.take(message)));
  return board;
}

function marking(fleet: Fleet): StepHeard {
  return ({ kind, action: verb }, { host, container, state, sequence }) => {
    const live = kind === 'containers' && container !== undefined ? fleet.find(host, container) : undefined;
    if (!live) return;
    const isReported = sequence === undefined || live.row.revision >= sequence;
    if (state === 'running' || state === 'waiting') live.pending = { verb, sequence: undefined };
    else if (live.pending?.verb === verb) live.pending = state !== 'done' || isReported ? undefined : { verb, sequence };
  };
}
