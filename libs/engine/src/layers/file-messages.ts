import type { FailureCode } from '@gantry/base';
import type { BindBelow, IdMapping, MountRequest, TreeCopy } from '@gantry/linux';
import type { Digest } from '@gantry/oci';
import type { ViewAnswer } from '../files/thread-messages.ts';
import type { ViewWork } from '../files/view-task.ts';
import type { ChangesWork, UpperChange } from './upper-changes.ts';
import type { PackWork } from './pack-layer.ts';
import type { LayerLimits, UnpackedLayer } from './unpack-layer.ts';

/** A plain tar that somebody else has made or hashed; it is not hashed again. */
export interface HashedTar {
  readonly digest: Digest;
  readonly sizeBytes: number;
}

/** Unpacks a blob into an empty directory. */
export interface UnpackWork {
  readonly kind: 'unpack';
  readonly blob: string;
  readonly directory: string;
  readonly limits: LayerLimits;
  /** The user namespace whose ids the layer's are. */
  readonly ids?: IdMapping | undefined;
  readonly hashed?: HashedTar | undefined;
  /** Of a plain tar that is still being written and hashed (see `GrowingTar`). */
  readonly growing?: SharedArrayBuffer | undefined;
}

/** What a thread does at a time; the messages of a view are its own (`ViewMessage`). */
export type FileWork =
  | UnpackWork
  | PackWork
  | ChangesWork
  | ({ readonly kind: 'copy' } & TreeCopy)
  | { readonly kind: 'mount'; readonly request: MountRequest }
  | ({ readonly kind: 'bind' } & BindBelow)
  | ViewWork;

/** What is said to a thread: its next work, and what the work that it does has to know. What comes too late for one counts for nothing. */
export type FileOrder = { readonly kind: 'work'; readonly work: FileWork } | ViewAnswer;

/** What it says; all but `progress` is its last word on a piece of work. */
export type FileMessage =
  | { readonly kind: 'progress'; readonly bytes: number }
  | { readonly kind: 'unpacked'; readonly layer: UnpackedLayer }
  | { readonly kind: 'changes'; readonly changes: readonly UpperChange[] }
  | { readonly kind: 'packed'; readonly digest: Digest; readonly sizeBytes: number }
  | { readonly kind: 'copied'; readonly isDone: boolean }
  | { readonly kind: 'mounted' }
  | { readonly kind: 'failed'; readonly errno: string | undefined; readonly code: FailureCode; readonly message: string };
