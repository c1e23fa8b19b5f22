/** Splits as a shell would: blanks, both quotes, backslash, a line that goes on after one; nothing is expanded. Undefined where a quote is left open. */
export function splitCommand(written: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < written.length; at++) {
    const char = written.charAt(at);
    if (char === '\\' && quote !== "'") {
      const next = written.charAt(++at);
      // Inside double quotes a backslash stands for itself before most letters.
      if (next === '\n') continue;
      word = (word ?? '') + (quote === '"' && !/["\\$`]/.test(next) ? char : '') + next;
    } else if (quote) {
      if (char === quote) quote = '';
      else word = (word ?? '') + char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + char;
  }
  if (word !== undefined) words.push(word);
  return quote ? undefined : words;
}

/** One word, quoted for a POSIX shell where it needs to be. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Words as one would type them; `splitCommand` takes them apart again. */
export function joinWords(words: readonly string[]): string {
  return words.map(quoted).join(' ');
}
