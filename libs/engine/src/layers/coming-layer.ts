import type { BorrowedContent } from './borrowed-content.ts';
import { GrowingFile } from './growing-file.ts';
import type { Ingest } from './ingest.ts';
import type { UnpackedLayer } from './unpack-layer.ts';

/** A layer that is unpacked while its tar comes in. Disposed of, what was not shown goes. */
export interface ComingLayer extends AsyncDisposable {
  /** Told by the writer of the tar. */
  readonly tar: GrowingFile;
  readonly unpacked: Promise<{ readonly layer: UnpackedLayer; readonly borrowed: readonly BorrowedContent[] }>;
  /** Where it is until then. */
  readonly path: string;
}

interface Following {
  readonly ingest: Ingest;
  readonly unpack: (place: string, growing: SharedArrayBuffer) => ComingLayer['unpacked'];
}

/** Begins to unpack behind the writer. */
export async function followLayer({ ingest, unpack }: Following): Promise<ComingLayer> {
  const place = await ingest.directory();
  const tar = new GrowingFile();
  const unpacked = unpack(place.path, tar.memory);
  unpacked.catch(() => undefined); // Whoever needs the layer hears of it; nobody may.
  return {
    tar,
    unpacked,
    path: place.path,
    async [Symbol.asyncDispose]() {
      tar.end('given-up');
      await unpacked.catch(() => undefined);
      await place[Symbol.asyncDispose]();
    },
  };
}
