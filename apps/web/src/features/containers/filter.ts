import { cpuOf, type LiveRow, memoryOf, searchText } from '../../fleet/live-row.ts';
import { parseBytes } from '../../format/quantities.ts';

/** Decides about one row; `hostName` tells the name of a host by its id. */
export type RowTest = (live: LiveRow, hostName: (id: string) => string) => boolean;

type Compare = (value: number) => boolean;

/**
 * Reads what is typed into the filter: words that all have to match. A bare word looks at name, image, stack, host and id; `host:fra1-*`,
 * `image:`, `state:`, `stack:`, `network:`, `port:`, `label:key=value` look at one field; `cpu:>50` (percent) and `mem:>=512m` compare;
 * a leading `-` turns a word around; quotes keep blanks. What cannot be read matches as a bare word, so typing never empties the list by surprise.
 */
export function parseFilter(typed: string): RowTest {
  const tests = wordsOf(typed).map(testOf);
  return (live, hostName) => tests.every((test) => test(live, hostName));
}

function wordsOf(typed: string): string[] {
  return (typed.match(/-?(?:[\w-]+:)?(?:"[^"]*"?|\S+)/g) ?? []).map((word) => word.replaceAll('"', '').toLowerCase());
}

function testOf(word: string): RowTest {
  if (word.startsWith('-') && word.length > 1) {
    const test = testOf(word.slice(1));
    return (live, hostName) => !test(live, hostName);
  }
  const [, field = '', wanted = ''] = /^([a-z]+):(.*)$/.exec(word) ?? [];
  if (field && !wanted) return () => true;
  return fieldTest(field, wanted) ?? anywhere(word);
}

function anywhere(word: string): RowTest {
  const matches = glob(word, 'inside');
  const isInText: (live: LiveRow) => boolean = word.includes('*')
    ? ({ row }) => matches(row.name) || matches(row.image.ref) || matches(row.stack?.service ?? '')
    : (live) => searchText(live).includes(word);
  return (live, hostName) => isInText(live) || matches(hostName(live.row.host)) || live.row.id.startsWith(word);
}

function fieldTest(field: string, wanted: string): RowTest | undefined {
  const matches = glob(wanted, 'inside');
  switch (field) {
    case 'name':
      return ({ row }) => matches(row.name);
    case 'image':
      return ({ row }) => matches(row.image.ref);
    case 'host':
      return ({ row }, hostName) => matches(hostName(row.host)) || row.host === wanted;
    case 'state':
      return ({ row, shown }) => shown.startsWith(wanted) || row.state.startsWith(wanted);
    case 'stack':
      return ({ row }) => row.stack !== undefined && (matches(row.stack.id) || matches(row.stack.service));
    case 'network':
      return ({ row }) => row.networks.some(({ name }) => matches(name));
    case 'port':
      return ({ row }) => row.ports.some(({ hostPort, containerPort }) => String(hostPort) === wanted || String(containerPort) === wanted);
    case 'label':
      return labelTest(wanted);
    case 'cpu':
      return numberTest(
        compare(wanted, (amount) => (/^\d+(\.\d+)?%?$/.test(amount) ? parseFloat(amount) * 10 : undefined)),
        cpuOf,
      );
    case 'mem':
      return numberTest(compare(wanted, parseBytes), memoryOf);
    default:
      return undefined;
  }
}

function numberTest(isWanted: Compare | undefined, read: (live: LiveRow) => number): RowTest | undefined {
  return isWanted && ((live) => isWanted(read(live)));
}

function labelTest(wanted: string): RowTest {
  const [key = '', value] = wanted.split('=', 2);
  const matches = value === undefined ? () => true : glob(value, 'whole');
  return ({ row }) => Object.entries(row.labels).some(([name, found]) => name.toLowerCase() === key && matches(found));
}

function compare(wanted: string, read: (amount: string) => number | undefined): Compare | undefined {
  const [, sign = '', amount = ''] = /^(>=|<=|>|<|=)?(.+)$/.exec(wanted) ?? [];
  const limit = read(amount);
  if (limit === undefined) return undefined;
  switch (sign) {
    case '<':
      return (value) => value < limit;
    case '<=':
      return (value) => value <= limit;
    case '=':
      return (value) => value === limit;
    case '>=':
      return (value) => value >= limit;
    default:
      return (value) => value > limit;
  }
}

/** `*` stands for anything; without one a word matches anywhere inside, case aside. No regular expression is made from what people type. */
function glob(pattern: string, where: 'inside' | 'whole'): (value: string) => boolean {
  const parts = pattern.split('*');
  if (parts.length === 1) return (value) => (where === 'inside' ? value.toLowerCase().includes(pattern) : value.toLowerCase() === pattern);
  return (value) => matchesParts(value.toLowerCase(), parts);
}

function matchesParts(value: string, parts: readonly string[]): boolean {
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (!value.startsWith(first) || !value.endsWith(last) || value.length < first.length + last.length) return false;
  let from = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = value.indexOf(part, from);
    if (found < 0) return false;
    from = found + part.length;
  }
  return from <= value.length - last.length;
}
