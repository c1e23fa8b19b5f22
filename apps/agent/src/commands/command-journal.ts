import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeDurably } from '@gantry/link';

export interface JournalLimits {
  readonly entries: number;
  readonly ageMs: number;
}
const usualLimits: JournalLimits = { entries: 20_000, ageMs: 24 * 3_600_000 };
/** So many more than the limit, in entries, before the file is written anew. */
const slack = 1000;

/** What was asked, and by whom. */
export interface Intent {
  readonly key: string;
  /** SHA-256 of method, target and body. */
  readonly digest: string;
  readonly what: string;
  readonly by: string;
}

/** What came of it; `body` is base64, undefined where it was too large to keep. */
export interface Result {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: string;
}

type Line = (Intent & { readonly atMs: number }) | { readonly key: string; readonly result: Result };

interface Place {
  readonly offset: number;
  readonly length: number;
}
/** In memory only where the lines are: thousands of entries must not make an agent large. */
interface Entry {
  readonly digest: string;
  readonly atMs: number;
  readonly intent: Place;
  result?: Place;
}

/**
 * Commands that this host was asked for, by their key, on its disk: the intent before the effect, the result after it. JSON lines, appended,
 * and written anew when it grows beyond its limits. One process at a time. Writing fails with what the disk said.
 */
export class CommandJournal implements AsyncDisposable {
  readonly #path: string;
  readonly #limits: JournalLimits;
  readonly #entries = new Map<string, Entry>();
  #file: FileHandle;
  #bytes = 0;
  #isTorn = false;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(path: string, limits: JournalLimits, file: FileHandle) {
    this.#path = path;
    this.#limits = limits;
    this.#file = file;
  }

  static async open(path: string, limits: Partial<JournalLimits> = {}): Promise<CommandJournal> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const journal = new CommandJournal(path, { ...usualLimits, ...limits }, await open(path, 'a+', 0o600));
    await journal.#load();
    await journal.#compact();
    return journal;
  }

  /** What is known of a key; `isDone`: its result is kept. */
  find(key: string): { readonly digest: string; readonly isDone: boolean } | undefined {
    const entry = this.#entries.get(key);
    return entry && { digest: entry.digest, isDone: entry.result !== undefined };
  }

  /** The result of a key, undefined where none is kept. */
  async result(key: string): Promise<Result | undefined> {
    await this.#writing;
    const place = this.#entries.get(key)?.result;
    if (!place) return undefined;
    const line = JSON.parse((await this.#read(place)).toString()) as Extract<Line, { result: Result }>;
    return line.result;
  }

  /** Resolves when the intent is on the disk. */
  intend(intent: Intent): Promise<void> {
    const atMs = Date.now();
    return this.#inTurn(async () => {
      const place = await this.#append({ ...intent, atMs });
      this.#entries.set(intent.key, { digest: intent.digest, atMs, intent: place });
      if (this.#entries.size > this.#limits.entries + slack) await this.#compact();
    });
  }

  /** Resolves when the result is on the disk. */
  conclude(key: string, result: Result): Promise<void> {
    return this.#inTurn(async () => {
      const place = await this.#append({ key, result });
      const entry = this.#entries.get(key);
      if (entry) entry.result = place;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#writing.then(work);
    this.#writing = turn.catch(() => undefined);
    return turn;
  }

  async #append(line: Line): Promise<Place> {
    // A line break first ends what an earlier failure may have torn.
    const start = this.#isTorn ? '\n' : '';
    const bytes = Buffer.from(`${start}${JSON.stringify(line)}\n`);
    this.#isTorn = true;
    await this.#file.appendFile(bytes);
    await this.#file.datasync();
    this.#isTorn = false;
    this.#bytes = (await this.#file.stat()).size;
    const length = bytes.length - start.length - 1;
    return { offset: this.#bytes - 1 - length, length };
  }

  async #load(): Promise<void> {
    const content = await readFile(this.#path);
    this.#bytes = content.length;
    this.#isTorn = content.length > 0 && content.at(-1) !== 0x0a;
    for (let offset = 0; offset < content.length;) {
      const end = content.indexOf(0x0a, offset);
      const length = (end < 0 ? content.length : end) - offset;
      this.#take(content.toString('utf8', offset, offset + length), { offset, length });
      offset += length + 1;
    }
  }

  #take(text: string, place: Place): void {
    const line = parse(text);
    if (!line) return;
    if (!('result' in line)) this.#entries.set(line.key, { digest: line.digest, atMs: line.atMs, intent: place });
    else {
      const entry = this.#entries.get(line.key);
      if (entry) entry.result = place;
    }
  }

  /** Writes anew what is to be kept, where something is not. The new file is whole on the disk before it takes the old one's place. */
  async #compact(): Promise<void> {
    const oldest = Date.now() - this.#limits.ageMs;
    const kept = [...this.#entries].filter(([, { atMs }]) => atMs > oldest).slice(-this.#limits.entries);
    if (kept.length === this.#entries.size && !this.#isTorn) return;
    const lines: string[] = [];
    for (const [, { intent, result }] of kept) {
      for (const place of result ? [intent, result] : [intent]) lines.push(`${(await this.#read(place)).toString()}\n`);
    }
    await writeDurably(this.#path, lines.join(''));
    await this.#file.close();
    this.#file = await open(this.#path, 'a+', 0o600);
    this.#entries.clear();
    await this.#load();
  }

  async #read({ offset, length }: Place): Promise<Buffer> {
    const { buffer } = await this.#file.read(Buffer.alloc(length), 0, length, offset);
    return buffer;
  }
}

/** A line that a power cut tore is none. */
function parse(text: string): Line | undefined {
  try {
    const line = JSON.parse(text) as Partial<Intent>;
    return typeof line.key === 'string' ? (line as Line) : undefined;
  } catch {
    return undefined;
  }
}
