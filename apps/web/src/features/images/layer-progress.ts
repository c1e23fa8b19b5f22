import { Failure } from '@gantry/base';
import type { Bytes } from '@gantry/engine-api/client';
import { jsonLines } from '../../api/json-lines.ts';

export type LayerStep = 'waiting' | 'downloading' | 'verifying' | 'downloaded' | 'extracting' | 'complete' | 'present';

export interface Layer {
  readonly id: string;
  readonly step: LayerStep;
  readonly currentBytes: number;
  /** 0 where nobody has said. */
  readonly totalBytes: number;
}

export interface PullState {
  /** In the order in which the engine named them. */
  readonly layers: readonly Layer[];
  /** The last line that is about no layer, as `Status: Downloaded newer image …`. */
  readonly said: string;
}

interface Line {
  readonly id?: string;
  readonly status?: string;
  readonly error?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

const steps: Readonly<Partial<Record<string, LayerStep>>> = {
  'Pulling fs layer': 'waiting',
  Waiting: 'waiting',
  Downloading: 'downloading',
  'Verifying Checksum': 'verifying',
  'Download complete': 'downloaded',
  Extracting: 'extracting',
  'Pull complete': 'complete',
  'Already exists': 'present',
};

/** Where each layer of a pull is, after each line of the engine. Throws what the engine says went wrong. */
export async function* layerProgress(body: Bytes): AsyncGenerator<PullState, void, undefined> {
  const layers = new Map<string, Layer>();
  let said = '';
  for await (const { id, status = '', error, progressDetail } of jsonLines<Line>(body)) {
    if (error) throw new Failure('invalid', error);
    const step = steps[status];
    if (id && step) layers.set(id, moved(layers.get(id), { id, step, progressDetail }));
    else said = status;
    yield { layers: [...layers.values()], said };
  }
}

interface Move {
  readonly id: string;
  readonly step: LayerStep;
  readonly progressDetail: Line['progressDetail'] | undefined;
}

function moved(known: Layer | undefined, { id, step, progressDetail }: Move): Layer {
  const totalBytes = progressDetail?.total ?? known?.totalBytes ?? 0;
  const isWhole = step === 'complete' || step === 'downloaded' || step === 'present';
  return { id, step, totalBytes, currentBytes: isWhole ? totalBytes : (progressDetail?.current ?? known?.currentBytes ?? 0) };
}
