import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { hostname } from 'node:os';
import { Failure } from '@gantry/base';
import type { AuditHead } from './audit-head.ts';

const limitMs = 10_000;
/** Facility 13 (log audit), severity 5 (notice). */
const priority = 13 * 8 + 5;
const ports = { 'syslog:': 514, 'syslog+tcp:': 601 } as const;

/**
 * Tells a head to a second place, by what its address says: `http(s)://` is posted to as JSON, `syslog://` gets an RFC 5424 message by UDP, `syslog+tcp://` one by
 * TCP (RFC 6587, with its length in front). Resolves when it was taken; by UDP when it was sent. Fails with `unavailable`, never with the path or credentials of the
 * address in its text.
 */
export async function tellHead(to: string, head: AuditHead): Promise<void> {
  const place = new URL(to);
  try {
    if (place.protocol === 'syslog:') await byDatagram(place, syslogLine(head));
    else if (place.protocol === 'syslog+tcp:') await byConnection(place, syslogLine(head));
    else await post(place, head);
  } catch (cause) {
    throw new Failure('unavailable', `${place.protocol}//${place.host} did not take it: ${reasonOf(cause)}`, { cause });
  }
}

/** The name of the application tells these from other lines; what follows is a line of the file of heads. */
export function syslogLine(head: AuditHead): string {
  return `<${priority}>1 ${head.at} ${hostname()} gantry - audit-head - ${JSON.stringify(head)}`;
}

async function byDatagram({ hostname: host, port, protocol }: URL, line: string): Promise<void> {
  const address = host.replace(/^\[|\]$/g, '');
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  try {
    const sent = Promise.withResolvers<undefined>();
    socket.send(line, portOf(port, protocol), address, (error) => (error ? sent.reject(error) : sent.resolve(undefined)));
    await sent.promise;
  } finally {
    socket.close();
  }
}

async function byConnection({ hostname: host, port, protocol }: URL, line: string): Promise<void> {
  const socket = connect({ host: host.replace(/^\[|\]$/g, ''), port: portOf(port, protocol) });
  try {
    socket.setTimeout(limitMs, () => socket.destroy(new Error('it took too long')));
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    socket.end(`${Buffer.byteLength(line)} ${line}`);
    await closed;
  } finally {
    socket.destroy();
  }
}

async function post(place: URL, head: AuditHead): Promise<void> {
  const { username, password } = place;
  const target = Object.assign(new URL(place), { username: '', password: '' });
  const given = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  const headers = { 'content-type': 'application/json', ...(username === '' ? {} : { authorization: `Basic ${given}` }) };
  // What a redirect points to was not named by whoever set the address.
  const init = { method: 'POST', redirect: 'error', headers, body: JSON.stringify(head) } as const;
  const response = await fetch(target, { ...init, signal: AbortSignal.timeout(limitMs) });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`status ${response.status}`);
}

function portOf(port: string, protocol: string): number {
  return port === '' ? ports[protocol === 'syslog:' ? 'syslog:' : 'syslog+tcp:'] : Number(port);
}

/** A text of the system may quote the whole address: its code says enough. */
function reasonOf(thrown: unknown): string {
  const { code, message, cause } = thrown as { code?: unknown; message?: string; cause?: unknown };
  if (typeof code === 'string') return code;
  return cause === undefined ? (message ?? 'an error') : reasonOf(cause);
}
