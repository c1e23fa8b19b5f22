import type { FleetNumbers } from '@gantry/contract';
import type { FleetMessage } from '@gantry/engine-api';
import { onScopeDispose, shallowRef, type ShallowRef } from 'vue';
import { call } from '../api/call.ts';
import { openBrowserSocket, type BrowserSocket } from '../api/browser-socket.ts';
import { inOrder } from '../api/packed.ts';
import { pageSocket } from '../api/page-socket.ts';
import { routes } from '../api/routes.ts';
import { breath } from './breath.ts';
import type { Fleet } from './fleet.ts';

export type LinkState = 'connecting' | 'live' | 'lost';

export interface FleetLink {
  readonly socket: BrowserSocket;
  readonly state: Readonly<ShallowRef<LinkState>>;
}

/** Keeps the fleet up to date until the scope ends: snapshot, then deltas; after a gap or a new connection the snapshot again. */
export function followFleet(fleet: Fleet, onSignedOut: () => void): FleetLink {
  const socket = openBrowserSocket();
  pageSocket.set(socket);
  const state = shallowRef<LinkState>('connecting');
  const closing = new AbortController();
  /** What came while the snapshot was asked for: the server told it once, and it may be newer. */
  let held: FleetMessage[] | undefined;
  let isAskedAgain = false;

  async function refresh(): Promise<void> {
    isAskedAgain = true;
    if (held) return;
    while (isAskedAgain) {
      isAskedAgain = false;
      const mine: FleetMessage[] = (held = []);
      state.value = (await snapshot(fleet, closing.signal)) ? 'live' : 'lost';
      if (state.value === 'live' && !mine.every((message) => fleet.takeMessage(message))) isAskedAgain = true;
    }
    held = undefined;
  }

  function take(message: FleetMessage): void {
    if (held) held.push(message);
    else if (!fleet.takeMessage(message)) void refresh();
  }

  socket.on('connect', () => void refresh());
  socket.on('disconnect', () => (state.value = 'lost'));
  socket.on('connect_error', () => (state.value = 'lost'));
  listen(socket, fleet, { take, refresh: () => void refresh() });
  socket.on('ended', ({ reason }) => {
    if (reason !== 'server-stops') onSignedOut();
  });
  onScopeDispose(() => {
    closing.abort();
    pageSocket.set(undefined);
    socket.close();
  });
  return { socket, state };
}

/** Fetches everything as it is now; false where the server could not be asked. */
async function snapshot(fleet: Fleet, signal: AbortSignal): Promise<boolean> {
  try {
    const [rows, hosts, overview] = await Promise.all([
      call(routes.getFleet, { signal }),
      call(routes.listHosts, { signal }),
      call(routes.getOverview, { signal }),
    ]);
    fleet.takeHosts({ upserts: hosts, gone: [...fleet.hosts.keys()].filter((id) => !hosts.some((host) => host.id === id)) });
    fleet.takeSnapshot(rows);
    fleet.events.value = overview.events;
    return true;
  } catch {
    return false;
  }
}

interface Rows {
  readonly take: (message: FleetMessage) => void;
  readonly refresh: () => void;
}

function listen(socket: BrowserSocket, fleet: Fleet, { take, refresh }: Rows): void {
  const next = inOrder(refresh);
  socket.on('fleet', (message) => next(message, (plain) => take(plain as FleetMessage)));
  socket.on('samples', (numbers) => next(numbers, (plain) => takeNumbers(fleet, plain)));
  socket.on('hosts', (message) => next(message, (plain) => fleet.takeHosts(plain)));
  socket.on('hostSamples', (samples) => next(samples, (plain) => fleet.takeHostSamples(plain)));
  socket.on('events', (events) => fleet.takeEvents(events));
}

const atOnce = 1_000;

/** Those of all containers come at once: some at a time, so that the page stays free for whoever works with it. */
function takeNumbers(fleet: Fleet, numbers: FleetNumbers): Promise<void> | undefined {
  fleet.takeNumbers(numbers, 0, Math.min(atOnce, numbers.key.length));
  return numbers.key.length > atOnce ? takeRest(fleet, numbers) : undefined;
}

async function takeRest(fleet: Fleet, numbers: FleetNumbers): Promise<void> {
  for (let from = atOnce; from < numbers.key.length; from += atOnce) {
    await breath();
    fleet.takeNumbers(numbers, from, Math.min(from + atOnce, numbers.key.length));
  }
}
