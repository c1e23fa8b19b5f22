/** Something that is about to be removed, as the question names it. */
export interface Doomed {
  readonly key: string;
  readonly name: string;
  readonly host: string;
  /** What goes with it, or what it costs. */
  readonly note?: string | undefined;
  /** Why it cannot go: who uses it. Such a one is shown and left. */
  readonly blocked?: string | undefined;
}
