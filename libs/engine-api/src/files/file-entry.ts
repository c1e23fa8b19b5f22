/** One file of a container or volume, itself: a symlink is not followed. */
export interface FileEntry {
  readonly name: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'character' | 'block';
  readonly sizeBytes: number;
  /** Permissions with set-id and sticky bits, as 0o755. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly modifiedAtMs: number;
  /** Where a symlink points, as it is written. */
  readonly linkTarget?: string;
  /** Another one whenever content or attributes change; what `if-match` of a write compares. */
  readonly etag: string;
  /** The name is no UTF-8: it stands here with replacement characters and cannot be asked for. */
  readonly hasUnreadableName?: true;
}

/** A part of a directory in the order of the bytes of its names. What changes between two pages is neither told twice nor left out for names that stay. */
export interface FilePage {
  readonly entries: readonly FileEntry[];
  /** The `cursor` of the next page; none: this is the last one. */
  readonly next?: string;
}

/** How many entries a page has, where the request does not say it and at most. */
export const filePageEntries = { usual: 1000, most: 10_000 } as const;

/** The most bytes that a write takes, where the request does not say it: larger files come as an archive. */
export const mostWrittenBytes = 256 * 1024 * 1024;
