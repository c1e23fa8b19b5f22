// The entry of a thread that unpacks one layer and ends: file calls block, and the engine's own thread must not.
import { createReadStream } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { Failure } from '@gantry/base';
import type { LayerMessage, LayerWork } from './layer-messages.ts';
import { unpackLayer } from './unpack-layer.ts';

const port = parentPort;
if (!port) throw new Error('this file runs as a worker thread');
const { blob, directory, limits } = workerData as LayerWork;
const source = createReadStream(blob, { highWaterMark: 1024 * 1024 });
const say = (message: LayerMessage): void => {
  port.postMessage(message);
};

port.once('message', () => source.destroy(new Failure('cancelled', 'unpacking was cancelled')));
port.unref();

let toldAt = 0;
const onProgress = (bytes: number): void => {
  const now = Date.now();
  if (now - toldAt < 100) return;
  toldAt = now;
  say({ kind: 'progress', bytes });
};

unpackLayer({ source: source as AsyncIterable<Uint8Array>, directory, limits, onProgress }).then(
  (layer) => say({ kind: 'done', layer }),
  (thrown: unknown) => {
    const { code, message } = Failure.from(thrown);
    say({ kind: 'failed', code, message });
  },
);
