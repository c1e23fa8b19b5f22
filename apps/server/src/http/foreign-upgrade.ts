import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * Answers an upgrade that nobody serves. Node hands such a connection over and forgets it: without an answer anybody could hold as many
 * open as they like, for ever.
 */
export function refuseForeignUpgrade({ url = '' }: IncomingMessage, connection: Duplex): void {
  if (url.startsWith('/socket.io/')) return;
  connection.on('error', () => connection.destroy());
  connection.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', () => connection.destroy());
}
