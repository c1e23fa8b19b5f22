export type TarType = 'file' | 'directory' | 'symlink' | 'hardlink' | 'character' | 'block' | 'fifo';

/** What a tar archive says about one file. */
export interface TarHeader {
  readonly type: TarType;
  /** A byte string: one character (U+0000 to U+00FF) per byte, since names on Linux are bytes; `Buffer.from(name, 'latin1')` gives them back. */
  readonly name: string;
  /** Where a symlink or hardlink points; a byte string, else ''. */
  readonly linkName: string;
  /** Permission bits, set-id and sticky bits included. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: { readonly seconds: number; readonly nanoseconds: number };
  readonly sizeBytes: number;
  readonly device: { readonly major: number; readonly minor: number };
  /** Keyed by the full name (`security.capability`); values are raw bytes. */
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
}

export interface TarEntry extends TarHeader {
  /** The content; to be read before the next entry is asked for, what is left then is skipped. */
  readonly body: AsyncIterable<Uint8Array>;
  /** The content of a file with holes without them, in place of `body`; undefined where nothing says that there are any. */
  readonly pieces: AsyncIterable<TarPiece> | undefined;
}

export interface TarPiece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export const blockBytes = 512;

/** A text as a byte string. */
export function byteText(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** A byte string as a person reads it. */
export function readableText(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
