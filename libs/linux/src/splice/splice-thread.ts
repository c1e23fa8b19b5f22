// The entry of the thread that carries TCP connections by splice(2): it waits for its sockets and for nothing else.
import { closeSync, readSync } from 'node:fs';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { CarriedConnection } from './carried-connection.ts';
import type { SpliceOrder, SpliceReport } from './messages.ts';
import { events, poll } from './splice-calls.ts';

/** A process that ends without a word waits for its threads. */
const longestWaitMs = 500;
const port = parentPort;
if (!port) throw new Error('this file runs as a worker thread');
const { wake } = workerData as { readonly wake: number };
const connections = new Map<number, CarriedConnection>();
const words = Buffer.alloc(64);

do {
  const carried = [...connections];
  const wanted = [{ fd: wake, events: events.readable }, ...carried.flatMap(([, connection]) => connection.wanted)];
  const [woken = 0, ...happened] = poll(wanted, longestWaitMs);
  for (const [at, [id, connection]] of carried.entries()) {
    const own = happened.slice(2 * at, 2 * at + 2);
    if (own.some((flags) => flags !== 0) && !connection.carry(own)) end(id);
  }
  if (woken !== 0) readSync(wake, words);
} while (hear());
for (const id of connections.keys()) end(id);

/** False: it is to end. */
function hear(): boolean {
  for (let next = receiveOrder(); next !== undefined; next = receiveOrder()) {
    if (next.kind === 'carry') begin(next);
    else if (next.kind === 'cut') end(next.id);
    else return false;
  }
  return true;
}

function begin({ id, sockets }: Extract<SpliceOrder, { kind: 'carry' }>): void {
  try {
    connections.set(id, new CarriedConnection(sockets));
  } catch {
    // No descriptors are left for its pipes.
    for (const fd of sockets) closeSync(fd);
    port?.postMessage({ ended: id } satisfies SpliceReport);
  }
}

function receiveOrder(): SpliceOrder | undefined {
  return port ? (receiveMessageOnPort(port)?.message as SpliceOrder | undefined) : undefined;
}

function end(id: number): void {
  const connection = connections.get(id);
  if (!connections.delete(id)) return;
  connection?.close();
  port?.postMessage({ ended: id } satisfies SpliceReport);
}
