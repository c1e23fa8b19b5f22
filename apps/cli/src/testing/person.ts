import { type RequestOptions, request } from 'node:https';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** What the list of hosts says of one, as far as these tests look. */
export interface HostRow {
  readonly id: string;
  readonly name: string;
  readonly link: string;
  readonly facts?: { readonly engine: { readonly kind: string } };
}

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

export const password = 'tapir-lampe-rost-kiesel';

/** Somebody who uses a server from outside, over TLS: trusts its authority and no other, keeps the cookie, says where the page is from. */
export class Person {
  readonly url: string;
  readonly authority: string;
  #cookie: string | undefined;

  private constructor(url: string, authority: string) {
    this.url = url;
    this.authority = authority;
  }

  /** Fetches the authority first, as a browser's user downloads it. */
  static async meet(url: string): Promise<Person> {
    const { body } = await exchange(url, { method: 'GET', path: '/gantry-ca.crt' }, { rejectUnauthorized: false });
    return new Person(url, String(body));
  }

  /** Comes back with the authority that was trusted before. */
  static knowing(url: string, authority: string): Person {
    return new Person(url, authority);
  }

  async ask(line: string, body?: unknown): Promise<Answer> {
    const [method = '', path = ''] = line.split(' ');
    const headers = { origin: this.url, ...(this.#cookie === undefined ? {} : { cookie: this.#cookie }) };
    const { cookie, ...answer } = await exchange(this.url, { method, path, body }, { ca: this.authority, headers });
    this.#cookie = cookie ?? this.#cookie;
    return answer;
  }

  setUp(code: string): Promise<Answer> {
    return this.ask('POST /api/setup', { code, name: 'ada', password });
  }

  signIn(): Promise<Answer> {
    return this.ask('POST /api/session', { name: 'ada', password });
  }

  async hosts(): Promise<HostRow[]> {
    return (await this.ask('GET /api/hosts')).body as HostRow[];
  }

  /** A join code, as "Add host" makes one. */
  async joinCode(wish: Readonly<Record<string, unknown>> = {}): Promise<{ id: string; code: string }> {
    const { status, body } = await this.ask('POST /api/join-codes', wish);
    if (status !== 201) throw new Error(`no join code: ${status} ${JSON.stringify(body)}`);
    return body as { id: string; code: string };
  }
}

interface Trust extends RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
}

function exchange(
  url: string,
  { method, path, body }: Sent,
  { headers = {}, ...options }: Trust,
): Promise<Answer & { cookie: string | undefined }> {
  const content = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const fields = content === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(content.length) };
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, url), { ...options, method, headers: { ...headers, ...fields }, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const isJson = response.headers['content-type']?.includes('json') === true && text !== '';
        const cookie = response.headers['set-cookie']?.[0]?.split(';')[0];
        resolve({ status: response.statusCode ?? 0, body: isJson ? (JSON.parse(text) as unknown) : text, cookie });
      });
    });
    sent.on('error', reject).end(content);
  });
}
