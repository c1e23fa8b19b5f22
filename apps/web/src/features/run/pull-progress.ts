import { Failure } from '@gantry/base';
import type { Bytes } from '@gantry/engine-api/client';
import { jsonLines } from '../../api/json-lines.ts';

export interface PullProgress {
  /** Layers whose bytes are here, of those seen so far. */
  readonly done: number;
  readonly layers: number;
  readonly bytes: number;
  readonly totalBytes: number;
}

interface Line {
  readonly id?: string;
  readonly status?: string;
  readonly error?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

const finished = /^(Pull complete|Already exists|Download complete|Verifying Checksum|Extracting)/;

/** Reads the JSON lines of a pull and adds its layers up. Throws what the engine says went wrong. */
export async function* pullProgress(body: Bytes): AsyncGenerator<PullProgress, void, undefined> {
  const layers = new Map<string, { current: number; total: number; isDone: boolean }>();
  for await (const line of jsonLines<Line>(body)) {
    if (line.error) throw new Failure('invalid', line.error);
    if (!line.id || !line.status || /^Pulling from/.test(line.status)) continue;
    const known = layers.get(line.id) ?? { current: 0, total: 0, isDone: false };
    const isDone = finished.test(line.status);
    const total = line.progressDetail?.total ?? known.total;
    const current = isDone ? total : (line.progressDetail?.current ?? known.current);
    layers.set(line.id, { current, total, isDone: known.isDone || isDone });
    yield sum([...layers.values()]);
  }
}

function sum(layers: readonly { current: number; total: number; isDone: boolean }[]): PullProgress {
  return {
    done: layers.filter(({ isDone }) => isDone).length,
    layers: layers.length,
    bytes: layers.reduce((all, { current }) => all + current, 0),
    totalBytes: layers.reduce((all, { total }) => all + total, 0),
  };
}
