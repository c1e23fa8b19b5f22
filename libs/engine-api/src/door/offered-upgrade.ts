import type { EngineRequest } from '../engine.ts';
import { refused } from '../http1/refused.ts';
import { tokens } from '../http1/message-head.ts';

/**
 * What a client offers to switch to. Like dockerd this goes by the Upgrade header alone; a name that we do not know is no offer.
 * A websocket offer that RFC 6455 4.2.1 calls incomplete is refused.
 */
export function offeredUpgrade(method: string, headers: ReadonlyMap<string, string>): EngineRequest['upgrade'] {
  const offered = tokens(headers.get('upgrade'));
  if (offered.includes('websocket')) {
    if (method !== 'GET') throw refused(400, 'a websocket is opened by GET');
    if (headers.get('sec-websocket-version') !== '13') throw refused(400, 'unsupported websocket version');
    if (!/^[A-Za-z0-9+/]{22}==$/.test(headers.get('sec-websocket-key') ?? '')) throw refused(400, 'bad Sec-WebSocket-Key');
    return 'websocket';
  }
  if (offered.includes('tcp')) return 'tcp';
  if (offered.includes('h2c')) return 'h2c';
  return 'none';
}
