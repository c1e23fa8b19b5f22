import { request as requestHttp } from 'node:http';
import { type RequestOptions, request as requestHttps } from 'node:https';
import { Trouble } from '../trouble.ts';

/** By which authority a server proves itself: that of the system's list, or one of its own (PEM). */
export interface Trust {
  readonly ca?: string;
}

export interface ServerAnswer {
  readonly status: number;
  readonly body: unknown;
  /** The cookie that it set, as it is sent back. */
  readonly cookie: string | undefined;
}

interface Sent {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const patienceMs = 30_000;
const longestAnswer = 4_194_304;

/** The API of one server, whose certificate is always verified. */
export class RemoteServer {
  readonly url: URL;
  readonly trust: Trust;
  /** What says who asks: a cookie or a token. */
  credential: Readonly<Record<string, string>> = {};

  constructor(url: URL, trust: Trust) {
    this.url = url;
    this.trust = trust;
  }

  ask(line: string, body?: unknown): Promise<ServerAnswer> {
    return exchange(this.url, line, { ...this.trust, headers: { origin: this.url.origin, ...this.credential }, body });
  }

  /** As `ask`; anything but a success is told in the server's own words. */
  async must(line: string, body?: unknown): Promise<ServerAnswer> {
    const answer = await this.ask(line, body);
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw new Trouble(`${this.url.host}: ${messageOf(answer)}`);
  }
}

/** What the server says went wrong. */
export function messageOf({ status, body }: ServerAnswer): string {
  const message = typeof body === 'object' && body !== null && 'message' in body ? body.message : undefined;
  return typeof message === 'string' ? message : `it answered ${status}`;
}

/** What it needs besides, as `code`. */
export function needsOf({ body }: ServerAnswer): unknown {
  const details = typeof body === 'object' && body !== null && 'details' in body ? body.details : undefined;
  return typeof details === 'object' && details !== null && 'needs' in details ? details.needs : undefined;
}

/** One request on a connection of its own. The error of the connection has its code, as Node gives it. */
export function exchange(
  url: URL,
  line: string,
  { body, headers = {}, ...options }: Sent & Omit<RequestOptions, 'headers'> & Trust,
): Promise<ServerAnswer> {
  const [method = '', path = ''] = line.split(' ');
  const content = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const fields = content === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(content.length) };
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(patienceMs);
    const sent = request(
      new URL(path, url),
      { ...options, method, headers: { ...headers, ...fields }, agent: false, signal },
      (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        response.on('error', reject).on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          length += chunk.length;
          if (length > longestAnswer) response.destroy(new Trouble(`the answer of ${url.host} is too long`));
        });
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const isJson = response.headers['content-type']?.includes('json') === true && text !== '';
          const cookie = response.headers['set-cookie']?.[0]?.split(';')[0];
          try {
            resolve({ status: response.statusCode ?? 0, body: isJson ? (JSON.parse(text) as unknown) : text, cookie });
          } catch {
            reject(new Trouble(`the answer of ${url.host} is no JSON: is that a Gantry server?`));
          }
        });
      },
    );
    sent.on('error', reject).end(content);
  });
}
