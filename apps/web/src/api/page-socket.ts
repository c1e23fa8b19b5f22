import type { BrowserSocket } from './browser-socket.ts';

let current: BrowserSocket | undefined;

/** The socket of the shell, while there is one: what streams goes over it, too. */
export const pageSocket = {
  get: (): BrowserSocket | undefined => current,
  set: (socket: BrowserSocket | undefined): void => {
    current = socket;
  },
};
