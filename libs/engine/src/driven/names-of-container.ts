import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { open } from 'node:fs/promises';
import { isIP, isIPv6 } from 'node:net';
import { bytesToIp, type Kernel } from '@gantry/linux';
import { recordType } from '../networks/dns-message.ts';
import type { InspectedContainer } from './engine-questions.ts';

const patienceMs = 1500;
const mostFileBytes = 65_536;
const mostSuffixes = 6;

export interface NameQuestion {
  readonly kernel: Pick<Kernel, 'openSocket'>;
  /** The pin of the container's network namespace: its name servers are asked from there. */
  readonly namespace: string;
  readonly container: Pick<InspectedContainer, 'HostsPath' | 'ResolvConfPath'>;
  /** 4, 6: of which the container has addresses of its own; what it has none for it cannot reach. */
  readonly families: readonly number[];
}

/** What a name stands for in a container, as its own resolver would find it: its list of hosts first, then the servers of its `resolv.conf`; undefined: nobody knows. */
export async function addressInContainer(question: NameQuestion, name: string, signal: AbortSignal): Promise<string | undefined> {
  const { HostsPath, ResolvConfPath } = question.container;
  const asked = name.toLowerCase().replace(/\.$/, '');
  const listed = linesOf(await startOf(HostsPath)).flatMap(([address = '', ...names]) =>
    isIP(address) !== 0 && names.some((each) => each.toLowerCase() === asked) ? [address] : [],
  );
  const first = listed.find((address) => question.families.includes(isIP(address))) ?? listed[0];
  if (first !== undefined) return first;
  const lines = linesOf(await startOf(ResolvConfPath));
  const servers = lines.flatMap(([word, address]) => (word === 'nameserver' && address !== undefined ? [address] : []));
  const suffixes = lines.flatMap(([word, ...rest]) => (word === 'search' ? rest : [])).slice(0, mostSuffixes);
  const names = [asked, ...(asked.includes('.') ? [] : suffixes.map((suffix) => `${asked}.${suffix}`))];
  for (const each of names) {
    for (const server of servers) {
      for (const family of question.families) {
        const type = family === 6 ? recordType.aaaa : recordType.a;
        signal.throwIfAborted();
        const address = await ask(question, server, { name: each, type }).catch(() => undefined);
        if (address !== undefined) return address;
      }
    }
  }
  return undefined;
}

/** A container may write to the files that the engine made for it, as much as it likes. */
async function startOf(path: string | null | undefined): Promise<string> {
  if (!path) return '';
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return '';
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(mostFileBytes), 0, mostFileBytes, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

const linesOf = (text: string): string[][] =>
  text.split('\n').map((line) =>
    line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/),
  );

async function ask(
  { kernel, namespace }: NameQuestion,
  server: string,
  { name, type }: { name: string; type: number },
): Promise<string | undefined> {
  const isSix = isIPv6(server);
  const { descriptor } = await kernel.openSocket({ namespace, protocol: 'udp', address: isSix ? '::' : '0.0.0.0', port: 0 });
  const socket = createSocket(isSix ? 'udp6' : 'udp4');
  const id = randomInt(65_536);
  const answered = Promise.withResolvers<string | undefined>();
  const timer = setTimeout(() => answered.resolve(undefined), patienceMs);
  socket.on('error', answered.reject).on('message', (message, { address }) => {
    if (address === server && message.length > 12 && message.readUInt16BE(0) === id) answered.resolve(firstAddress(message, type));
  });
  socket.bind({ fd: descriptor }, () => socket.send(questionOf(id, name, type), 53, server));
  try {
    return await answered.promise;
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}

/** RFC 1035, 4.1. */
function questionOf(id: number, name: string, type: number): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(id, 0);
  head.writeUInt16BE(0x0100, 2); // recursion desired
  head.writeUInt16BE(1, 4);
  const labels = name.split('.').flatMap((label) => [Uint8Array.of(Math.min(label.length, 63)), Buffer.from(label.slice(0, 63), 'latin1')]);
  return Buffer.concat([head, ...labels, Uint8Array.of(0, 0, type, 0, 1)]);
}

function firstAddress(message: Buffer, type: number): string | undefined {
  let at = afterName(message, 12) + 4;
  for (let left = message.readUInt16BE(6); left > 0; left--) {
    at = afterName(message, at);
    if (at + 10 > message.length) return undefined;
    const size = message.readUInt16BE(at + 8);
    const data = message.subarray(at + 10, at + 10 + size);
    if (message.readUInt16BE(at) === type && (data.length === 4 || data.length === 16)) return bytesToIp(data);
    at += 10 + size;
  }
  return undefined;
}

/** A name is labels, which end with an empty one or with a pointer of two bytes. */
function afterName(message: Buffer, start: number): number {
  let at = start;
  while (at < message.length) {
    const length = message[at] ?? 0;
    if (length >= 0xc0) return at + 2;
    at += 1 + length;
    if (length === 0) return at;
  }
  return at;
}
