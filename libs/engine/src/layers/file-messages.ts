import type { FailureCode } from '@gantry/base';
import type { TreeCopy } from '@gantry/linux';
import type { LayerLimits, UnpackedLayer } from './unpack-layer.ts';

/** Unpacks a blob into an empty directory. */
export interface UnpackWork {
  readonly kind: 'unpack';
  readonly blob: string;
  readonly directory: string;
  readonly limits: LayerLimits;
}

/** What one thread is started for. */
export type FileWork = UnpackWork | ({ readonly kind: 'copy' } & TreeCopy);

/** What it says; all but `progress` is its last word. To it one may say `cancel`. */
export type FileMessage =
  | { readonly kind: 'progress'; readonly bytes: number }
  | { readonly kind: 'unpacked'; readonly layer: UnpackedLayer }
  | { readonly kind: 'copied'; readonly isDone: boolean }
  | { readonly kind: 'failed'; readonly code: FailureCode; readonly message: string };
