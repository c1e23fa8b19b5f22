/** Something that a recorded terminal did: showed text, got another size, or a mark. */
export interface CastEvent {
  readonly atMs: number;
  readonly kind: 'output' | 'size' | 'mark';
  readonly text: string;
}

/** A recorded terminal (asciicast v2), read. */
export interface Cast {
  readonly title: string;
  readonly columns: number;
  readonly rows: number;
  readonly durationMs: number;
  readonly events: readonly CastEvent[];
}

const kinds: Readonly<Partial<Record<string, CastEvent['kind']>>> = { o: 'output', r: 'size', m: 'mark' };

/** Reads a recording. What cannot be read of it (the last line of one that was cut off) is left out. */
export function parseCast(written: string): Cast {
  const [first = '', ...lines] = written.split('\n');
  const { width, height, title } = (parse(first) ?? {}) as { width?: number; height?: number; title?: string };
  const events = lines.flatMap((line) => eventOf(parse(line)));
  return { title: title ?? '', columns: width ?? 80, rows: height ?? 24, durationMs: events.at(-1)?.atMs ?? 0, events };
}

function eventOf(line: unknown): CastEvent[] {
  if (!Array.isArray(line)) return [];
  const [seconds, letter, text] = line as unknown[];
  const kind = kinds[String(letter)];
  if (typeof seconds !== 'number' || typeof text !== 'string' || kind === undefined) return [];
  return [{ atMs: Math.round(seconds * 1000), kind, text }];
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Columns and rows of a change of size. */
export function sizeOf({ text }: CastEvent): { columns: number; rows: number } | undefined {
  const [, columns, rows] = /^(\d+)x(\d+)$/.exec(text) ?? [];
  return Number(columns) > 0 && Number(rows) > 0 ? { columns: Number(columns), rows: Number(rows) } : undefined;
}

/** A place where a text was shown. */
export interface CastMatch {
  readonly atMs: number;
  /** The line around it. */
  readonly line: string;
}

const mostMatches = 200;

/** Where a text was shown, in any case: in what stands when colours and moves of the cursor are taken away. */
export function findInCast({ events }: Pick<Cast, 'events'>, wanted: string): CastMatch[] {
  const needle = wanted.trim().toLowerCase();
  if (needle === '') return [];
  const { text, starts } = plainText(events);
  const folded = text.toLowerCase();
  const found: CastMatch[] = [];
  for (let at = folded.indexOf(needle); at >= 0 && found.length < mostMatches; at = folded.indexOf(needle, at + needle.length))
    found.push({ atMs: timeAt(starts, at + needle.length - 1), line: lineAround(text, at) });
  return found;
}

interface Start {
  readonly offset: number;
  readonly atMs: number;
}

function plainText(events: readonly CastEvent[]): { text: string; starts: readonly Start[] } {
  const starts: Start[] = [];
  let text = '';
  for (const event of events) {
    if (event.kind !== 'output') continue;
    starts.push({ offset: text.length, atMs: event.atMs });
    text += withoutControl(event.text);
  }
  return { text, starts };
}

/** ECMA-48 sequences and other control characters, line ends aside. */
const control = new RegExp(String.raw`\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])|(?!\n)\p{Cc}`, 'gu');

function withoutControl(text: string): string {
  return text.replace(control, '');
}

/** When the character at an offset was shown: by halving. */
function timeAt(starts: readonly Start[], offset: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle]?.offset ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return starts[low]?.atMs ?? 0;
}

const around = 80;

function lineAround(text: string, at: number): string {
  const start = Math.max(text.lastIndexOf('\n', at) + 1, at - around);
  const end = text.indexOf('\n', at);
  return text.slice(start, Math.min(end < 0 ? text.length : end, at + around));
}
