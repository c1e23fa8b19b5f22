import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { type DnsQuery, responseCode } from './dns-message.ts';

const timeoutMs = 4000;
const port = 53;

/** A name server further up, as `192.168.1.1` or, for another port than 53, `192.168.1.1#5353`. */
export type Upstream = string;

/** Codes of a server that cannot or will not say: another one may. */
const isRefusal = (answer: Buffer): boolean => {
  const code = (answer[3] ?? 0) & 0x0f;
  return code === responseCode.serverFailure || code === responseCode.refused;
};

/**
 * Asks the servers in turn, over the protocol that the client used, until one knows; undefined: none answered. A cut answer over UDP goes to the client as
 * it is: it asks again by TCP.
 */
export async function forward(query: DnsQuery, upstreams: readonly Upstream[], protocol: 'udp' | 'tcp'): Promise<Buffer | undefined> {
  const ask = protocol === 'udp' ? askByUdp : askByTcp;
  let refusal: Buffer | undefined;
  for (const upstream of upstreams) {
    const [address = '', other] = upstream.split('#');
    const answer = await ask(query, address, other === undefined ? port : Number(other)).catch(() => undefined);
    if (answer && !isRefusal(answer)) return answer;
    refusal ??= answer;
  }
  return refusal;
}

async function askByUdp(query: DnsQuery, address: string, toPort: number): Promise<Buffer | undefined> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  const answered = Promise.withResolvers<Buffer | undefined>();
  const timer = setTimeout(() => answered.resolve(undefined), timeoutMs);
  socket.on('error', answered.reject);
  socket.on('connect', () => {
    socket.on('message', (message) => {
      if (message.length >= 12 && message.readUInt16BE(0) === query.id) answered.resolve(message);
    });
    socket.send(query.bytes);
  });
  // A connected socket takes answers from that server only, and hears when nobody listens there. Where no way leads there it is not connected: without a
  // callback, which would be called as well, that is an error as any other.
  socket.connect(toPort, address);
  try {
    return await answered.promise;
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}

async function askByTcp(query: DnsQuery, address: string, toPort: number): Promise<Buffer | undefined> {
  const socket = connect({ host: address, port: toPort, timeout: timeoutMs });
  socket.on('timeout', () => socket.destroy(new Error('timeout')));
  socket.write(framed(query.bytes));
  try {
    for await (const message of unframed(socket)) return message;
    return undefined;
  } finally {
    socket.destroy();
  }
}

/** DNS over TCP puts the length of each message before it (RFC 1035, 4.2.2). */
export function framed(message: Uint8Array): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

export async function* unframed(chunks: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk as Uint8Array]);
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
      const end = 2 + rest.readUInt16BE(0);
      yield rest.subarray(2, end);
      rest = rest.subarray(end);
    }
  }
}
