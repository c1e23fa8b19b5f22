import type { ContractRow } from '@gantry/contract';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

export interface Call {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** What a browser does for its page: keeps the cookie, names the page's origin. */
export class TestBrowser {
  readonly url: string;
  cookie: string | undefined;

  constructor(url: string) {
    this.url = url;
  }

  get headers(): Record<string, string> {
    return { origin: this.url, ...(this.cookie === undefined ? {} : { cookie: this.cookie }) };
  }

  async call(row: Pick<ContractRow, 'method' | 'path'>, { params = {}, query = '', body, headers = {} }: Call = {}): Promise<Answer> {
    const path = row.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? '-'));
    const given: Record<string, string | undefined> = {
      ...this.headers,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    };
    const sent = Object.fromEntries(Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined));
    const init = {
      method: row.method,
      headers: sent,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    };
    const response = await fetch(new URL(path + query, this.url), { redirect: 'manual', ...init });
    this.#keep(response.headers.getSetCookie());
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return { status: response.status, body: isJson && text.length > 0 ? (JSON.parse(text) as unknown) : text, headers: response.headers };
  }

  /** Each cookie by its name, as browsers do. */
  #keep(lines: readonly string[]): void {
    const kept = new Map((this.cookie ?? '').split('; ').flatMap((pair) => (pair === '' ? [] : [[pair.split('=')[0] ?? '', pair]])));
    for (const line of lines) {
      const [pair = ''] = line.split(';');
      const [name = ''] = pair.split('=');
      if (line.includes('Max-Age=0')) kept.delete(name);
      else kept.set(name, pair);
    }
    if (lines.length > 0) this.cookie = kept.size > 0 ? [...kept.values()].join('; ') : undefined;
  }
}
