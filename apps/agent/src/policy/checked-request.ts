import { Failure } from '@gantry/base';
import {
  type Bytes,
  decodeGo,
  type EngineRequest,
  type GoJson,
  isGoObject,
  type Match,
  matchRoute,
  messages,
  noBytes,
  parseGoJson,
  parseQuery,
  type RawQuery,
  type Route,
  readQuery,
  stringify,
} from '@gantry/engine-api';

const largestBodyBytes = 4 * 1024 * 1024;

/** A request of the server that was read by its row. The policy judges it, and what the engine gets is made of it and of nothing else. */
export interface CheckedRequest {
  readonly route: Route;
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  /** The JSON body; `{}` where there is none. */
  readonly body: unknown;
  /** Fields of rights that nobody knows: an engine of tomorrow may. */
  readonly unknown: readonly string[];
  readonly forwarded: EngineRequest;
}

/** `forbidden` for what has no row, `invalid` for what cannot be read in one way only. */
export async function checkRequest(request: EngineRequest): Promise<CheckedRequest> {
  const match = matchRoute(request.method, request.target);
  if (!match)
    throw new Failure('forbidden', `${request.method} ${request.target.split('?', 1)[0] ?? ''} has no row in the table of routes`);
  const { route, path } = match;
  refuseForm(request);
  const raw = parseQuery(match.query);
  const query = readQuery(route.query, raw) as Record<string, unknown>;
  const { body, bytes, unknown } = await readBody(match, request);
  const forwarded: EngineRequest = {
    ...request,
    target: targetOf(match, raw),
    headers: headersOf(request, bytes),
    upgrade: route.kind === 'hijack' ? request.upgrade : 'none',
    body: route.kind === 'upload' ? request.body : bytes.length > 0 ? once(bytes) : noBytes,
  };
  return { route, path, query, body, unknown, forwarded };
}

/** A form's fields would win over the query. */
function refuseForm({ headers }: EngineRequest): void {
  if (/^(application\/x-www-form-urlencoded|multipart\/)/i.test(headers.get('content-type') ?? ''))
    throw new Failure('invalid', 'a form is no body of an engine request');
}

async function readBody({ route }: Match, request: EngineRequest): Promise<{ body: unknown; bytes: Uint8Array; unknown: string[] }> {
  if (route.kind === 'upload') return { body: {}, bytes: new Uint8Array(), unknown: [] };
  const text = await readText(request.body);
  if (route.body === undefined || text === '') return { body: {}, bytes: new Uint8Array(), unknown: [] };
  const json = parseGoJson(text);
  refuseDoubles(json);
  const unknown: string[] = [];
  const body: unknown = decodeGo(route.body, json, (at) => unknown.push(at));
  return { body, bytes: new TextEncoder().encode(stringify(body)), unknown: unknown.filter((at) => mayGiveRights(route, at)) };
}

/** Everything of an update sets rights; of a create what is in HostConfig. */
function mayGiveRights({ name }: Route, at: string): boolean {
  return name === 'ContainerUpdate' || at.startsWith('HostConfig.');
}

/** Go merges members of one name in any case: what is checked here would not be what others read. */
function refuseDoubles(json: GoJson): void {
  if (Array.isArray(json)) json.forEach((item: GoJson) => refuseDoubles(item));
  if (!isGoObject(json)) return;
  const seen = new Set<string>();
  for (const [name, value] of json.members) {
    if (seen.has(name)) throw new Failure('invalid', messages.invalidJson(`${JSON.stringify(name)} is given twice`));
    seen.add(name);
    refuseDoubles(value);
  }
}

async function readText(body: Bytes): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.length;
    if (sizeBytes > largestBodyBytes) throw new Failure('invalid', `the body is larger than ${largestBodyBytes} bytes`);
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new Failure('invalid', 'the body is not UTF-8', { cause });
  }
}

/** The path from the row, the query from the parameters that the row knows, each scalar once: what was judged. */
function targetOf({ route, version, path }: Match, raw: RawQuery): string {
  const filled = route.path.replace(/\{(\w+)(\*?)\}/g, (_, name: string, star: string) => {
    const value = path[name] ?? '';
    return star ? value.split('/').map(encode).join('/') : encode(value);
  });
  const pairs = Object.entries(route.query).flatMap(([name, kind]) => {
    const values = raw.get(name) ?? [];
    return (kind === 'texts' ? values : values.slice(0, 1)).map((value): [string, string] => [name, value]);
  });
  const query = new URLSearchParams(pairs).toString();
  return `${version === undefined ? '' : `/v${version}`}${filled}${query === '' ? '' : `?${query}`}`;
}

/** Colons and at signs stand in names of images as they are. `.` and `..` would lead elsewhere. */
function encode(segment: string): string {
  if (segment === '.' || segment === '..') throw new Failure('invalid', 'the path is not in its plain form');
  return encodeURIComponent(segment).replaceAll('%3A', ':').replaceAll('%40', '@');
}

function headersOf({ headers }: EngineRequest, bytes: Uint8Array): ReadonlyMap<string, string> {
  return bytes.length === 0 ? headers : new Map([...headers, ['content-type', 'application/json']]);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const chunkBytes = 65_536;
  for (let start = 0; start < bytes.length; start += chunkBytes) yield await Promise.resolve(bytes.subarray(start, start + chunkBytes));
}
