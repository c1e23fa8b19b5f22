import { createHash } from 'node:crypto';
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

function digestOf(said: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(said)).digest('hex').slice(0, 16);
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
