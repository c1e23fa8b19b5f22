import { Failure } from '@gantry/base';
import { GrowingTar } from './growing-tar.ts';
import type { Ingest } from './ingest.ts';
import type { UnpackedLayer } from './unpack-layer.ts';

/** A layer that was unpacked, where it lies until it is shown. */
export interface UnpackedAt {
  readonly record: UnpackedLayer;
  readonly path: string;
}

/** A layer that is unpacked while its tar comes in. Disposed of, what nobody has shown goes. */
export interface ComingLayer extends AsyncDisposable {
  /** Told by the writer of the tar. */
  readonly tar: GrowingTar;
  /** Given to the first who asks; undefined for others, and where the tar came so slowly that nobody waited for it. Fails with what unpacking fails with. */
  take(): Promise<UnpackedAt | undefined>;
}

/**
 * Begins to unpack behind the writer: `unpack` puts the layer at the place, reading as far as the memory tells (`GrowingTarReader`); it fails with `unavailable` where it
 * has waited too long for more. An aborted signal ends it.
 */
export async function followLayer(
  ingest: Ingest,
  unpack: (place: string, growing: SharedArrayBuffer) => Promise<UnpackedLayer>,
  signal?: AbortSignal,
): Promise<ComingLayer> {
  const place = await ingest.directory();
  const tar = new GrowingTar();
  const giveUp = (): void => tar.giveUp();
  signal?.addEventListener('abort', giveUp, { once: true });
  if (signal?.aborted === true) giveUp();
  const unpacked = unpack(place.path, tar.memory).then((record) => ({ record, path: place.path }), unlessStalled);
  unpacked.catch(() => undefined); // Whoever needs the layer hears of it; nobody may.
  let isTaken = false;
  return {
    tar,
    take() {
      if (isTaken) return Promise.resolve(undefined);
      isTaken = true;
      return unpacked;
    },
    async [Symbol.asyncDispose]() {
      signal?.removeEventListener('abort', giveUp);
      giveUp();
      await unpacked.catch(() => undefined);
      await place[Symbol.asyncDispose]();
    },
  };
}

function unlessStalled(thrown: unknown): undefined {
  if (Failure.from(thrown).code !== 'unavailable') throw thrown;
}
