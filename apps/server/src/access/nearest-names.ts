import { printable } from '../audit/audit-row.ts';

const mostNamed = 5;

/** What there is in place of a name that is not there: all of few names, the most similar of many. */
export function whatThereIs(wanted: string, names: readonly string[]): string {
  if (names.length === 0) return 'there is none';
  const word = wanted.toLowerCase();
  const ranked = names.map((name) => ({ name, distance: distanceOf(word, name.toLowerCase()) })).sort((a, b) => a.distance - b.distance);
  const named = ranked
    .slice(0, mostNamed)
    .map(({ name }) => printable(name))
    .join(', ');
  if (names.length > mostNamed) return `the nearest of ${names.length} are ${named}`;
  return `there ${names.length === 1 ? 'is' : 'are'} ${named}`;
}

/** A name that holds the word is nearer than any that has to be changed. */
function distanceOf(word: string, name: string): number {
  return word !== '' && name.includes(word) ? 0 : editsBetween(word, name);
}

/** How many characters have to be put in, taken out or replaced (Levenshtein). */
function editsBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let line = 1; line <= from.length; line += 1) {
    let left = line;
    const next = [left];
    for (let column = 1; column <= to.length; column += 1) {
      const [above = 0, diagonal = 0] = [row[column], row[column - 1]];
      left = Math.min(above + 1, left + 1, diagonal + (from[line - 1] === to[column - 1] ? 0 : 1));
      next.push(left);
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
