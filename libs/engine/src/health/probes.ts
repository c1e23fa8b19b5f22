/** The probes of a running container, one after another, until they are stopped. */
export interface Probes {
  /** Ends them; none runs when this resolves. Twice is once. */
  stop(): Promise<void>;
}
