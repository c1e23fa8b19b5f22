import type { GivenLine, LineFilter, MergedLine } from './merged-log.ts';

/** What the page tells the worker. */
export type ToWorker =
  | { readonly kind: 'add'; readonly source: number; readonly lines: readonly GivenLine[] }
  | { readonly kind: 'filter'; readonly filter: LineFilter }
  | { readonly kind: 'clear' }
  | { readonly kind: 'slice'; readonly id: number; readonly from: number; readonly to: number }
  | { readonly kind: 'indexAt'; readonly id: number; readonly atMs: number };

/** What the worker tells the page. */
export type FromWorker =
  | { readonly kind: 'state'; readonly total: number; readonly shown: number; readonly dropped: number }
  | { readonly kind: 'slice'; readonly id: number; readonly lines: readonly MergedLine[] }
  | { readonly kind: 'indexAt'; readonly id: number; readonly index: number };
