import type { EngineRequest, HijackedResponse } from '../engine.ts';
import { responseText } from '../http1/message-text.ts';
import type { Exchange } from './exchange.ts';
import { HijackedInput } from './hijacked-input.ts';
import { spliceWebsocket } from './splice-websocket.ts';
import { acceptOf } from '../http1/websocket-frames.ts';
import { writeAll } from './write-all.ts';

/** Writes the head, then carries raw bytes both ways until both ways are over. */
export async function sendHijacked(exchange: Exchange, response: HijackedResponse): Promise<void> {
  const { connection, request, body, cut } = exchange;
  exchange.hasAnswered = true;
  await connection.writer.write(hijackHead(request, response.headers));
  if (request.upgrade === 'websocket') return spliceWebsocket(exchange, response.open);
  const input = new HijackedInput(connection.reader, body);
  const output = response.open(input.bytes);
  await Promise.race([writeAll((chunk) => connection.writer.write(chunk), output, cut), cut]);
  connection.writer.end();
  await Promise.race([input.over(), cut]);
}

/** 101 where a switch was offered, word for word as dockerd says it; else a 200 that neither length nor chunks end. */
function hijackHead(request: EngineRequest, given: ReadonlyMap<string, string>): string {
  const headers = new Map(given);
  for (const name of ['content-length', 'transfer-encoding', 'connection', 'upgrade']) headers.delete(name);
  if (request.upgrade === 'none') return responseText(200, headers);
  headers.set('connection', 'Upgrade').set('upgrade', request.upgrade);
  if (request.upgrade !== 'websocket') return responseText(101, headers, 'UPGRADED');
  headers.delete('content-type');
  headers.set('sec-websocket-accept', acceptOf(request.headers.get('sec-websocket-key') ?? ''));
  // A browser that offers protocols takes silence for a refusal.
  const protocol = request.headers.get('sec-websocket-protocol')?.split(',')[0]?.trim();
  if (protocol) headers.set('sec-websocket-protocol', protocol);
  return responseText(101, headers);
}
