import type { FleetMessage } from '@gantry/engine-api';
import { onScopeDispose, shallowRef, type ShallowRef } from 'vue';
import { call } from '../api/call.ts';
import { openBrowserSocket, type BrowserSocket } from '../api/browser-socket.ts';
import { inOrder } from '../api/packed.ts';
import { pageSocket } from '../api/page-socket.ts';
import { routes } from '../api/routes.ts';
import { offerReload, reloadOffer, withdrawReload } from '../shell/reload-offer.ts';
import type { Fleet } from './fleet.ts';
import { type Fresh, keepFresh } from './keep-fresh.ts';
import { numbersOf } from './take-numbers.ts';

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
  const fresh = keepFresh({
    ask: (signal) => snapshot(fleet, signal),
    isConnected: () => socket.connected,
    tell: (now) => (state.value = now),
    signal: closing.signal,
  });

  socket.on('connect', () => {
    if (reloadOffer.value?.reason === 'upgraded') withdrawReload();
    fresh.refresh();
  });
  socket.on('outdated', ({ contract }) => offerReload('upgraded', contract));
  socket.on('disconnect', () => (state.value = 'lost'));
  socket.on('connect_error', () => (state.value = 'lost'));
  listen(socket, fleet, fresh);
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

function listen(socket: BrowserSocket, fleet: Fleet, { take, refresh }: Fresh): void {
  const next = inOrder(refresh);
  const takeNumbers = numbersOf(fleet);
  /** News of which each stands by itself: none is missed. */
  const whole = (news: () => void): void =>
    take(() => {
      news();
      return true;
    });
  socket.on('fleet', (message) => next(message, (plain) => take(() => fleet.takeMessage(plain as FleetMessage))));
  socket.on('hosts', (message) => next(message, (plain) => whole(() => fleet.takeHosts(plain))));
  socket.on('events', (events) => whole(() => fleet.takeEvents(events)));
  socket.on('samples', (numbers) => next(numbers, takeNumbers));
  socket.on('hostSamples', (samples) => next(samples, (plain) => fleet.takeHostSamples(plain)));
}
