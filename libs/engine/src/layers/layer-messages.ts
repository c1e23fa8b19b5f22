import type { FailureCode } from '@gantry/base';
import type { LayerLimits, UnpackedLayer } from './unpack-layer.ts';

/** What the thread is given. */
export interface LayerWork {
  readonly blob: string;
  readonly directory: string;
  readonly limits: LayerLimits;
}

/** What it says; `done` or `failed` is the last. To it one may say `cancel`. */
export type LayerMessage =
  | { readonly kind: 'progress'; readonly bytes: number }
  | { readonly kind: 'done'; readonly layer: UnpackedLayer }
  | { readonly kind: 'failed'; readonly code: FailureCode; readonly message: string };
