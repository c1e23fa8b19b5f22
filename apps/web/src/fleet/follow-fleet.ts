import type { FleetMessage } from '@gantry/engine-api';
import { onScopeDispose, shallowRef, type ShallowRef } from 'vue';
import { call } from '../api/call.ts';
import { openBrowserSocket, type BrowserSocket } from '../api/browser-socket.ts';
import { pageSocket } from '../api/page-socket.ts';
import { routes } from '../api/routes.ts';
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
  let isFetching = false;

  async function refresh(): Promise<void> {
    if (isFetching) return;
    isFetching = true;
    state.value = (await snapshot(fleet, closing.signal)) ? 'live' : 'lost';
    isFetching = false;
  }

  socket.on('connect', () => void refresh());
  socket.on('disconnect', () => (state.value = 'lost'));
  socket.on('connect_error', () => (state.value = 'lost'));
  listen(socket, fleet, () => void refresh());
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

function listen(socket: BrowserSocket, fleet: Fleet, onGap: () => void): void {
  socket.on('fleet', (message) => {
    if (!fleet.takeMessage(message as FleetMessage)) onGap();
  });
  socket.on('samples', (samples) => fleet.takeSamples(samples));
  socket.on('hosts', (message) => fleet.takeHosts(message));
  socket.on('hostSamples', (samples) => fleet.takeHostSamples(samples));
  socket.on('events', (events) => fleet.takeEvents(events));
}
