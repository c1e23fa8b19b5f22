/** One line of dockerd's progress streams (moby pkg/jsonmessage). */
export interface ProgressMessage {
  readonly status?: string;
  readonly id?: string;
  readonly progress?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  readonly stream?: string;
  readonly aux?: unknown;
  readonly error?: string;
  readonly errorDetail?: { readonly message: string };
}

/** How far one object is; `progress` is the bar that older clients print. */
export function progressOf(id: string, status: string, { current, total }: { current: number; total: number }): ProgressMessage {
  return { status, progressDetail: { current, total }, progress: barText(current, total), id };
}

function barText(current: number, total: number): string {
  if (current <= 0 && total <= 0) return '';
  if (total <= 0) return humanSize(current).padStart(8);
  const half = Math.floor(Math.floor((current / total) * 100) / 2);
  const bar = `[${'='.repeat(Math.min(half, 50))}>${' '.repeat(Math.max(50 - half, 0))}] `;
  return bar + humanSize(current).padStart(8) + (current > total ? '' : `/${humanSize(total)}`);
}

/** docker/go-units HumanSize: `2.5MB`, four digits. */
export function humanSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${Number(size.toPrecision(4))}${units[unit] ?? ''}`;
}

/** What several workers say at once, read by one. A newer position of an object takes the place of an unread one, so it never grows past the objects. */
export class ProgressQueue implements AsyncIterable<ProgressMessage> {
  readonly #unread: ProgressMessage[] = [];
  #wake: () => void = () => undefined;
  #end: { readonly failure?: unknown } | undefined;

  readonly say = (message: ProgressMessage): void => {
    const replaced = message.progressDetail === undefined ? -1 : this.#unread.findIndex((one) => isSamePlace(one, message));
    if (replaced >= 0) this.#unread[replaced] = message;
    else this.#unread.push(message);
    this.#wake();
  };

  /** Runs the work, whose end ends the iteration; its failure is thrown there after what was said before. */
  run(work: () => Promise<void>): this {
    work().then(
      () => this.#finish({}),
      (failure: unknown) => this.#finish({ failure }),
    );
    return this;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ProgressMessage, void, undefined> {
    for (;;) {
      const next = this.#unread.shift();
      if (next !== undefined) yield next;
      else if (this.#end !== undefined) break;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    if ('failure' in this.#end) throw this.#end.failure;
  }

  #finish(end: { readonly failure?: unknown }): void {
    this.#end = end;
    this.#wake();
  }
}

function isSamePlace(one: ProgressMessage, other: ProgressMessage): boolean {
  return one.progressDetail !== undefined && one.id === other.id && one.status === other.status;
}

/** The twelve digits by which clients name layers and images. */
export function shortId(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1, digest.indexOf(':') + 13);
}
