/** What is said to the thread that carries connections. */
export type SpliceOrder =
  /** The descriptors are the thread's from then on. */
  | { readonly kind: 'carry'; readonly id: number; readonly sockets: readonly [number, number] }
  | { readonly kind: 'cut'; readonly id: number }
  | { readonly kind: 'close' };

/** What it says: a connection is over, its descriptors closed. */
export interface SpliceReport {
  readonly ended: number;
}
