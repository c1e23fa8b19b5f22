import type { browserNamespace, browserSocket } from '@gantry/contract';
import type { z } from 'zod';
import { io, type Socket } from 'socket.io-client';

type Rows = typeof browserSocket;
type Events<From extends 'server' | 'browser'> = {
  [Key in keyof Rows as Rows[Key]['from'] extends From ? Rows[Key]['event'] : never]: (payload: z.input<Rows[Key]['payload']>) => void;
};

export type BrowserSocket = Socket<Events<'server'> & { f: (frame: ArrayBuffer) => void }, Events<'browser'>>;

const namespace: typeof browserNamespace = '/browser';

/** The one socket of the page: websocket only, signed in by the cookie, reconnecting by itself. The caller closes it. */
export function openBrowserSocket(): BrowserSocket {
  return io(namespace, { transports: ['websocket'], reconnectionDelay: 500, reconnectionDelayMax: 5000 });
}
