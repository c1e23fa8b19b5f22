import type { FailureCode } from '@gantry/base';

/** What the main thread and the kernel thread say to each other. */
export interface KernelRequest {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

export interface KernelAnswer {
  readonly id: number;
  readonly value?: unknown;
  readonly failure?: { readonly code: FailureCode; readonly message: string; readonly details: Readonly<Record<string, unknown>> };
}

/** The first message of the thread: the names of its operations. */
export interface KernelReady {
  readonly ready: readonly string[];
}
