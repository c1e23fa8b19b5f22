// The entry of a thread that does one piece of work with files after another: these calls block, and the engine's own thread must not.
import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort, receiveMessageOnPort } from 'node:worker_threads';
import { Failure } from '@gantry/base';
import { bindBelow, copyTree, errnoOf, mountOperations } from '@gantry/linux/files';
import { diskFailure } from './disk-failure.ts';
import type { ViewMessage } from '../files/thread-messages.ts';
import { ThreadStreams } from '../files/thread-streams.ts';
import { fileFailure, runViewTask, type ViewWork } from '../files/view-task.ts';
import type { FileMessage, FileOrder, FileWork, HashedTar, UnpackWork } from './file-messages.ts';
import { GrowingTarReader } from './growing-tar.ts';
import { packLayer } from './pack-layer.ts';
import { upperChanges } from './upper-changes.ts';
import { unpackLayer } from './unpack-layer.ts';

const pieceBytes = 1024 * 1024;
const port = parentPort;
if (!port) throw new Error('this file runs as a worker thread');
const say = (message: FileMessage | ViewMessage): void => {
  port.postMessage(message);
};

let isCancelled = false;
port.on('message', (order: FileOrder) => {
  if (order.kind === 'work') void begin(order.work);
  else isCancelled ||= order.kind === 'cancel';
});

/** A thread whose work failed does no more. */
async function begin(work: FileWork): Promise<void> {
  isCancelled = false;
  try {
    say(await done(work));
  } catch (thrown) {
    const { code, message } = Failure.from(diskFailure(thrown));
    say({ kind: 'failed', code, message, errno: errnoOf(thrown) });
    port?.close();
  }
}

async function done(work: FileWork): Promise<FileMessage | ViewMessage> {
  if (work.kind === 'unpack') return { kind: 'unpacked', layer: await unpacked(work) };
  if (work.kind === 'view') return viewed(work);
  if (work.kind === 'changes') return { kind: 'changes', changes: upperChanges(work) };
  if (work.kind === 'pack') return { kind: 'packed', ...(await packLayer(work)) };
  if (work.kind === 'mount' || work.kind === 'bind') {
    if (work.kind === 'bind') bindBelow(work);
    else mountOperations({ byPrograms: false }).mount(work.request);
    return { kind: 'mounted' };
  }
  return { kind: 'copied', isDone: copyTree(work) };
}

async function viewed(work: ViewWork): Promise<ViewMessage> {
  if (!port) throw new Error('a thread has a port');
  using streams = new ThreadStreams(port);
  try {
    await runViewTask(work, {
      input: streams.input(),
      write: streams.write,
      tell: streams.tell,
      onEntry: () => refuseCancelled('the removal'),
    });
    await streams.flush();
    return { kind: 'done' };
  } catch (thrown) {
    throw fileFailure(thrown);
  }
}

/** Asked for, since a thread that walks through many files hardly comes to hear by itself. */
function refuseCancelled(what: string): void {
  if (port && receiveMessageOnPort(port)) isCancelled = true; // nothing else is said to it meanwhile
  if (isCancelled) throw new Failure('cancelled', `${what} was cancelled`);
}

async function unpacked({ blob, growing, hashed, ...place }: UnpackWork): ReturnType<typeof unpackLayer> {
  let toldAt = 0;
  const onProgress = (bytes: number): void => {
    const now = Date.now();
    if (now - toldAt < 100) return;
    toldAt = now;
    say({ kind: 'progress', bytes });
  };
  const onEntry = (): void => refuseCancelled('unpacking');
  const tar = growing && new GrowingTarReader(growing);
  const diffIdOf = tar ? () => tar.digest() : hashed && ((sizeBytes: number) => hashedDigest(hashed, sizeBytes));
  return await unpackLayer({ ...place, source: piecesOf(blob, tar), diffIdOf, onProgress, onEntry });
}

/** A file piece by piece: this thread may wait for it, which is sooner done than to ask another thread for each piece. */
// eslint-disable-next-line @typescript-eslint/require-await -- unpacking takes what comes later too
async function* piecesOf(path: string, growing: GrowingTarReader | undefined): AsyncGenerator<Uint8Array, void, undefined> {
  const file = openSync(path, 'r');
  let read = 0;
  try {
    for (;;) {
      const there = growing?.grownBeyond(read) ?? Number.MAX_SAFE_INTEGER;
      const piece = Buffer.allocUnsafeSlow(Math.min(pieceBytes, there - read));
      const length = piece.length === 0 ? 0 : readSync(file, piece);
      if (length === 0 && growing && read < there) throw endedEarly(path, read, there);
      if (length === 0) return;
      read += length;
      yield piece.subarray(0, length);
    }
  } finally {
    closeSync(file);
  }
}

/** The digest is of so many bytes. */
function hashedDigest({ digest, sizeBytes }: HashedTar, readBytes: number): HashedTar['digest'] {
  if (readBytes !== sizeBytes) throw endedEarly(digest, readBytes, sizeBytes);
  return digest;
}

function endedEarly(what: string, readBytes: number, sizeBytes: number): Failure {
  return new Failure('internal', `the layer ${what} has ${readBytes} bytes on the disk, and had ${sizeBytes}`);
}
