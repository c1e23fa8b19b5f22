import * as z from 'zod';
import { browserSocket, type SocketRow } from './browser-socket.ts';
import { rows } from './rows.ts';

let version: string | undefined;

/**
 * Names what pages and server say to one another, in 16 hexadecimal digits: builds with the same routes, events and schemas have the same, and nobody has to
 * count it up by hand. The web app carries that of its build, and tells it when it connects.
 */
export function contractVersion(): string {
  return (version ??= digestOf([...rows.map(saidOfRow), ...Object.values<SocketRow>(browserSocket).map(saidOfEvent)]));
}

const starts = [0x811c9dc5, 0x9e3779b9];
const prime = 0x01000193;

/** FNV-1a of 32 bits, from two beginnings: it tells builds apart and guards nothing, and what pages may import knows no node. */
function digestOf(said: readonly unknown[]): string {
  const written = JSON.stringify(said);
  const digests = starts.map((start) => {
    let hash = start;
    for (let at = 0; at < written.length; at++) hash = Math.imul(hash ^ written.charCodeAt(at), prime);
    return (hash >>> 0).toString(16).padStart(8, '0');
  });
  return digests.join('');
}

function saidOfRow({ method, path, params, query, body, answer }: (typeof rows)[number]): unknown {
  return [method, path, ...[params, query, body].map((schema) => schema && schemaOf(schema, 'input')), schemaOf(answer, 'output')];
}

function saidOfEvent({ event, from, payload, isPacked }: SocketRow): unknown {
  return [event, from, isPacked, schemaOf(payload, from === 'server' ? 'output' : 'input')];
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): unknown {
  return z.toJSONSchema(schema, { io, unrepresentable: 'any' });
}
