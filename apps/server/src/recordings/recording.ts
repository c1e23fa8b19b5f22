/** A terminal that is recorded: who had it, where, and what is kept of it. */
export interface NewRecording {
  readonly id: string;
  /** The request of the audit log that opened it. */
  readonly request: string;
  readonly userId: string | null;
  readonly who: string;
  readonly hostId: string;
  readonly containerId: string;
  readonly containerName: string;
  readonly kind: 'exec' | 'attach' | 'host';
  /** What was run; empty for an attach that was no session. */
  readonly command: string;
  readonly startedAt: Date;
}

/** A recording as it is stored: what is null is not known before it ends. */
export interface StoredRecording extends NewRecording {
  readonly durationMs: number | null;
  readonly sizeBytes: bigint | null;
  readonly sha256: string | null;
  readonly isTruncated: boolean;
}
