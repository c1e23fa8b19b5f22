import type { FailureCode } from '@gantry/base';
import type { FileHead } from './file-task.ts';
import type { PathStat } from './path-stat.ts';

/** What a thread that works with a container's files says; `done` and `failed` are its last words. */
export type ViewMessage =
  | { readonly kind: 'head'; readonly head: PathStat | FileHead | undefined }
  /** A piece of its output; at most `outputWindow` of them are under way before one is taken. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array<ArrayBuffer> }
  /** It may be sent one more piece of its input; `inputWindow` of them are asked for at once. */
  | { readonly kind: 'want' }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly errno: string | undefined; readonly code: FailureCode; readonly message: string };

/** What is said to it. */
export type ViewAnswer =
  | { readonly kind: 'taken' }
  | { readonly kind: 'input'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' }
  | { readonly kind: 'cancel' };

/** So many pieces may be under way: 4 MiB each way, so that nobody waits for the other while a busy machine lets neither of them run. */
export const outputWindow = 16;
export const inputWindow = 64;
/** Smaller pieces are put together to this many bytes. */
export const outputPieceBytes = 256 * 1024;
