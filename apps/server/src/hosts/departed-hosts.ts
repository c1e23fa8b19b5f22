/** What a decision asks of a host. */
export interface HostPlace {
  readonly id: string;
  readonly groups: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** As long as the containers that went with it are known. */
const keptMs = 600_000;
const mostKept = 1_000;

/** Hosts that were removed, for ten minutes: what is said of the end of their containers is decided by the groups and labels that they had. */
export class DepartedHosts {
  readonly #hosts = new Map<string, { readonly host: HostPlace; readonly atMs: number }>();

  add({ id, groups, labels }: HostPlace): void {
    const now = performance.now();
    this.#hosts.set(id, { host: { id, groups, labels }, atMs: now });
    for (const [known, { atMs }] of this.#hosts) {
      if (now - atMs < keptMs && this.#hosts.size <= mostKept) break;
      this.#hosts.delete(known);
    }
  }

  find(id: string): HostPlace | undefined {
    return this.#hosts.get(id)?.host;
  }
}
