import type { BrowserGreeting, browserNamespace, browserSocket, SocketRow } from '@gantry/contract';
import type { z } from 'zod';
import { io, type Socket } from 'socket.io-client';
import type { Packed } from './packed.ts';

type Rows = typeof browserSocket;
type PayloadOf<Row extends SocketRow> = Row extends { readonly isPacked: true } ? Packed<z.input<Row['payload']>> : z.input<Row['payload']>;
type Events<From extends 'server' | 'browser'> = {
  [Key in keyof Rows as Rows[Key]['from'] extends From ? Rows[Key]['event'] : never]: (payload: PayloadOf<Rows[Key]>) => void;
};

export type BrowserSocket = Socket<Events<'server'> & { f: (frame: ArrayBuffer) => void }, Events<'browser'>>;

const namespace: typeof browserNamespace = '/browser';

/** Put there by the build: what this page and the server of the same build say to one another. */
declare const __CONTRACT_VERSION__: string;

/** The one socket of the page: websocket only, signed in by the cookie, reconnecting by itself. The caller closes it. */
export function openBrowserSocket(): BrowserSocket {
  const auth: BrowserGreeting = { contract: __CONTRACT_VERSION__ };
  return io(namespace, { transports: ['websocket'], auth, reconnectionDelay: 500, reconnectionDelayMax: 5000 });
}
