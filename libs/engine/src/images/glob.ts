/**
 * Go's path.Match: `*` any characters but `/`, `?` one, `[a-z]` one of them, `\x` x itself. Walks with one mark to come back to, so a hostile
 * pattern costs at most its length times the text's. Undefined where the pattern is malformed.
 */
export function globMatches(pattern: string, text: string): boolean | undefined {
  let [at, from] = [0, 0];
  let mark: { readonly at: number; readonly from: number } | undefined;
  while (from < text.length || at < pattern.length) {
    const token = tokenAt(pattern, at);
    if (token === 'malformed') return undefined;
    const character = text[from];
    if (token?.kind === 'star') {
      mark = { at: token.next, from };
      at = token.next;
    } else if (token?.kind === 'one' && character !== undefined && token.has(character)) {
      at = token.next;
      from++;
    } else if (mark !== undefined && mark.from < text.length && text[mark.from] !== '/') {
      mark = { at: mark.at, from: mark.from + 1 };
      [at, from] = [mark.at, mark.from];
    } else {
      return false;
    }
  }
  return true;
}

type Token =
  { readonly kind: 'star'; readonly next: number } | { readonly kind: 'one'; readonly next: number; has(character: string): boolean };

function tokenAt(pattern: string, at: number): Token | 'malformed' | undefined {
  const character = pattern[at];
  if (character === undefined) return undefined;
  if (character === '*') return { kind: 'star', next: at + 1 };
  if (character === '?') return { kind: 'one', next: at + 1, has: (one) => one !== '/' };
  if (character === '[') return setAt(pattern, at + 1);
  if (character !== '\\') return { kind: 'one', next: at + 1, has: (one) => one === character };
  const escaped = pattern[at + 1];
  return escaped === undefined ? 'malformed' : { kind: 'one', next: at + 2, has: (one) => one === escaped };
}

function setAt(pattern: string, start: number): Token | 'malformed' {
  const isNegated = pattern[start] === '^';
  const ranges: [string, string][] = [];
  let at = isNegated ? start + 1 : start;
  while (pattern[at] !== ']' || ranges.length === 0) {
    const [low, afterLow] = literalAt(pattern, at);
    const [high, after] = pattern[afterLow] === '-' ? literalAt(pattern, afterLow + 1) : [low, afterLow];
    if (low === undefined || high === undefined) return 'malformed';
    ranges.push([low, high]);
    at = after;
  }
  return { kind: 'one', next: at + 1, has: (one) => one !== '/' && ranges.some(([low, high]) => low <= one && one <= high) !== isNegated };
}

function literalAt(pattern: string, at: number): [string | undefined, number] {
  return pattern[at] === '\\' ? [pattern[at + 1], at + 2] : [pattern[at], at + 1];
}
