// The entry of a thread that does one piece of work with files and ends: these calls block, and the engine's own thread must not.
import { createReadStream } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { Failure } from '@gantry/base';
import { copyTree } from '@gantry/linux';
import { diskFailure } from './disk-failure.ts';
import type { FileMessage, FileWork, UnpackWork } from './file-messages.ts';
import { unpackLayer } from './unpack-layer.ts';

const port = parentPort;
if (!port) throw new Error('this file runs as a worker thread');
const say = (message: FileMessage): void => {
  port.postMessage(message);
};

done(workerData as FileWork).then(say, (thrown: unknown) => {
  const { code, message } = Failure.from(diskFailure(thrown));
  say({ kind: 'failed', code, message });
});

async function done(work: FileWork): Promise<FileMessage> {
  if (work.kind === 'unpack') return { kind: 'unpacked', layer: await unpacked(work) };
  return { kind: 'copied', isDone: copyTree(work) };
}

function unpacked({ blob, directory, limits }: UnpackWork): ReturnType<typeof unpackLayer> {
  const source = createReadStream(blob, { highWaterMark: 1024 * 1024 });
  port?.once('message', () => source.destroy(new Failure('cancelled', 'unpacking was cancelled')));
  port?.unref();
  let toldAt = 0;
  const onProgress = (bytes: number): void => {
    const now = Date.now();
    if (now - toldAt < 100) return;
    toldAt = now;
    say({ kind: 'progress', bytes });
  };
  return unpackLayer({ source: source as AsyncIterable<Uint8Array>, directory, limits, onProgress });
}
