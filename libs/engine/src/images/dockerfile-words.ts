import { Failure } from '@gantry/base';

/** Words between blanks; quotes and `\` keep blanks in a word and stay in it. */
export function splitWords(text: string): string[] {
  return text.match(/(?:\\.|"(?:\\.|[^"\\])*"?|'[^']*'?|[^\s"'\\]|\\$)+/gs) ?? [];
}

/**
 * A word of a Dockerfile as its builder reads it: quotes and `\` go, variables (`$NAME`, `${NAME}`, `${NAME:-word}`, `${NAME:+word}`) are put in, but not
 * between single quotes. Fails with `invalid` in dockerd's words where a quote or brace is not closed.
 */
export function expandedWord(word: string, env: readonly string[]): string {
  return new Word(word, env).whole();
}

class Word {
  readonly #text: string;
  readonly #env: readonly string[];
  #at = 0;

  constructor(text: string, env: readonly string[]) {
    this.#text = text;
    this.#env = env;
  }

  whole(): string {
    let result = '';
    while (this.#at < this.#text.length) result += this.#next();
    return result;
  }

  #next(): string {
    const character = this.#take();
    if (character === "'") return this.#singleQuoted();
    if (character === '"') return this.#doubleQuoted();
    if (character === '$') return this.#variable();
    return character === '\\' && this.#at < this.#text.length ? this.#take() : character;
  }

  #take(): string {
    return this.#text[this.#at++] ?? '';
  }

  #singleQuoted(): string {
    const end = this.#text.indexOf("'", this.#at);
    if (end < 0) throw this.#failure('unexpected end of statement while looking for matching single-quote');
    const inner = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return inner;
  }

  #doubleQuoted(): string {
    let inner = '';
    for (;;) {
      if (this.#at >= this.#text.length) throw this.#failure('unexpected end of statement while looking for matching double-quote');
      const character = this.#take();
      if (character === '"') return inner;
      if (character === '$') inner += this.#variable();
      else if (character === '\\' && ['"', '$', '\\'].includes(this.#text[this.#at] ?? '')) inner += this.#take();
      else inner += character;
    }
  }

  #variable(): string {
    const rest = this.#text.slice(this.#at);
    if (!rest.startsWith('{')) {
      const [name = ''] = /^[A-Za-z_]\w*/.exec(rest) ?? [];
      this.#at += name.length;
      return name === '' ? '$' : (this.#value(name) ?? '');
    }
    const [whole, name = '', kind = '', word = ''] = /^\{(\w+)(?::([-+?])([^}]*))?\}/.exec(rest) ?? [];
    if (whole === undefined) throw this.#failure("syntax error: missing '}'");
    this.#at += whole.length;
    const value = this.#value(name) ?? '';
    if (kind === '-') return value === '' ? expandedWord(word, this.#env) : value;
    if (kind === '+') return value === '' ? '' : expandedWord(word, this.#env);
    if (kind === '?' && value === '') throw this.#failure(`${name}: ${word === '' ? 'parameter not set' : word}`);
    return value;
  }

  #value(name: string): string | undefined {
    return this.#env.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
  }

  #failure(why: string): Failure {
    return new Failure('invalid', `failed to process ${JSON.stringify(this.#text)}: ${why}`);
  }
}
