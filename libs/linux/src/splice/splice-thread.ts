// The entry of the thread that carries TCP connections by splice(2): it waits for its sockets and for orders, and for nothing else.
import { closeSync, readSync } from 'node:fs';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { CarriedConnection } from './carried-connection.ts';
import { SharedCounts, type SpliceOrder, type SpliceThreadData } from './messages.ts';
import { Epoll, events } from './splice-calls.ts';

/** A process that ends without a word waits for its threads. */
const longestWaitMs = 500;
const ofSockets = events.readable + events.urgent + events.writable + events.peerEnded + events.edges;

interface Carried {
  readonly group: number;
  readonly connection: CarriedConnection;
}

const port = parentPort;
if (!port) throw new Error('this file runs as a worker thread');
const { wake, counts: memory } = workerData as SpliceThreadData;
const counts = new SharedCounts(memory);
const words = Buffer.alloc(64);
/** By each of the two sockets. */
const carried = new Map<number, Carried>();
/** With more to do that no event will tell of. */
const busy = new Set<Carried>();
/** Those that may not go on for ever (`endsAt`). */
const ending = new Set<Carried>();
using epoll = new Epoll();
epoll.add(wake, events.readable);

try {
  do {
    const happened = epoll.wait(busy.size > 0 ? 0 : longestWaitMs);
    const now = new Set(busy);
    busy.clear();
    for (const { fd, isUrgent, isBroken } of happened) {
      if (fd === wake) readSync(wake, words);
      const one = carried.get(fd);
      if (isUrgent) one?.connection.noteUrgent(fd);
      if (isBroken) one?.connection.noteError(fd);
      if (one) now.add(one);
    }
    for (const one of now) carry(one);
    for (const one of ending) if (performance.now() > (one.connection.endsAt ?? 0)) end(one);
  } while (hear());
} finally {
  for (const one of new Set(carried.values())) end(one);
}

/** Whatever goes wrong ends this one alone. */
function carry(one: Carried): void {
  try {
    const carrying = one.connection.carry();
    if (carrying === 'over') end(one);
    else if (carrying === 'more') busy.add(one);
    if (carrying !== 'over' && one.connection.endsAt !== undefined) ending.add(one);
  } catch {
    end(one);
  }
}

/** False: it is to end. */
function hear(): boolean {
  for (let order = nextOrder(); order !== undefined; order = nextOrder()) {
    if (order.kind === 'close') return false;
    if (order.kind === 'carry') begin(order);
    else for (const one of new Set(carried.values())) if (one.group === order.group) cut(one);
  }
  return true;
}

function nextOrder(): SpliceOrder | undefined {
  return port ? (receiveMessageOnPort(port)?.message as SpliceOrder | undefined) : undefined;
}

function begin({ group, socket, to }: Extract<SpliceOrder, { kind: 'carry' }>): void {
  // In this order: at no moment it looks as if there were nothing to do.
  counts.open = carried.size / 2 + 1;
  counts.take();
  let connection: CarriedConnection;
  try {
    connection = new CarriedConnection(socket, to);
  } catch {
    closeSync(socket); // No descriptors are left for the rest.
    counts.open = carried.size / 2;
    return;
  }
  const one = { group, connection };
  try {
    for (const fd of connection.sockets) carried.set(fd, one);
    for (const fd of connection.sockets) epoll.add(fd, ofSockets);
  } catch {
    end(one);
    return;
  }
  carry(one);
}

/** What came before the cut still goes. */
function cut(one: Carried): void {
  carry(one);
  end(one);
}

/** Twice is once. */
function end(one: Carried): void {
  busy.delete(one);
  ending.delete(one);
  if (carried.get(one.connection.sockets[0]) !== one) return;
  for (const fd of one.connection.sockets) {
    epoll.remove(fd);
    carried.delete(fd);
  }
  one.connection[Symbol.dispose]();
  counts.open = carried.size / 2;
}
