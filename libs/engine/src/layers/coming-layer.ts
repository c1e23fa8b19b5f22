import { GrowingTar } from './growing-tar.ts';
import type { Ingest } from './ingest.ts';
import type { LayerRecord } from './layer-store.ts';

/** A layer that was unpacked, where it lies until it is shown. */
export interface UnpackedAt {
  readonly record: LayerRecord;
  readonly path: string;
}

/** A layer that is unpacked while its tar comes in. Disposed of, what nobody has shown goes. */
export interface ComingLayer extends AsyncDisposable {
  /** Told by the writer of the tar. */
  readonly tar: GrowingTar;
  /** Given to the first who asks; undefined for others. It fails with what unpacking fails with. */
  take(): Promise<UnpackedAt> | undefined;
}

/** Begins to unpack behind the writer: `unpack` puts the layer at the place, reading as far as the memory tells (`GrowingTarReader`). */
export async function followLayer(
  ingest: Ingest,
  unpack: (place: string, growing: SharedArrayBuffer) => Promise<LayerRecord>,
): Promise<ComingLayer> {
  const place = await ingest.directory();
  const tar = new GrowingTar();
  const unpacked = unpack(place.path, tar.memory).then((record) => ({ record, path: place.path }));
  unpacked.catch(() => undefined); // Whoever needs the layer hears of it; nobody may.
  let isTaken = false;
  return {
    tar,
    take() {
      if (isTaken) return undefined;
      isTaken = true;
      return unpacked;
    },
    async [Symbol.asyncDispose]() {
      tar.giveUp();
      await unpacked.catch(() => undefined);
      await place[Symbol.asyncDispose]();
    },
  };
}
