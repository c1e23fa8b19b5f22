import { decide, type Resource, type Rights } from '@gantry/access';
import { Failure } from '@gantry/base';
import { type Bytes, type EngineResponse, type PlainResponse, type RouteName } from '@gantry/engine-api';
import type { GuardedCall } from './guarded-call.ts';

const mask = '********';
const largestFilteredBytes = 16 * 1024 * 1024;
const passedHeaders = ['content-type', 'api-version', 'docker-experimental', 'ostype', 'server', 'x-gantry-sequence', 'location'];
/** The door shares the origin of the app: no answer of an engine may ever run there. */
const ownHeaders: readonly (readonly [string, string])[] = [
  ['x-content-type-options', 'nosniff'],
  ['content-security-policy', "sandbox; default-src 'none'"],
  ['content-disposition', 'attachment'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['cache-control', 'no-store'],
];

type Json = Record<string, unknown>;
type Filter = (answer: unknown) => unknown;

/** What the caller gets of an answer: headers of the row and of a short list, values that they may not see masked. */
export async function filterAnswer(
  response: EngineResponse,
  call: GuardedCall,
  sight: { rights: Rights; host: Resource },
): Promise<EngineResponse> {
  const headers = headersOf(response, call);
  if (response.kind === 'hijacked') return { ...response, headers };
  const filter = filterOf(call.route.name, sight);
  if (!filter || response.status >= 300) return { ...response, headers };
  return { ...response, headers, body: await rewrite(response, filter) };
}

function headersOf({ headers }: EngineResponse, { route }: GuardedCall): ReadonlyMap<string, string> {
  const names = [...passedHeaders, ...route.responseHeaders];
  const passed = names.flatMap((name) => (headers.has(name) ? [[name, headers.get(name) ?? ''] as const] : []));
  return new Map([...passed, ...ownHeaders]);
}

function filterOf(route: RouteName, { rights, host }: { rights: Rights; host: Resource }): Filter | undefined {
  if (route === 'SystemInfo') return withoutSecrets;
  const mayReveal = decide(rights, 'env:reveal', host);
  if (mayReveal) return undefined;
  if (route === 'ContainerInspect' || route === 'ImageInspect') return maskEnvironment;
  if (route === 'ImageHistory') return maskHistory;
  return undefined;
}

/** Names of variables stay, values go; a container shows those that its image brought as well. */
function maskEnvironment(answer: unknown): unknown {
  const { Config, ContainerConfig, ...rest } = answer as Json;
  const masked = (config: unknown): unknown => {
    if (typeof config !== 'object' || config === null) return config;
    const { Env } = config as { Env?: unknown };
    return Array.isArray(Env) ? { ...config, Env: Env.map(maskVariable) } : config;
  };
  return { ...rest, Config: masked(Config), ...(ContainerConfig === undefined ? {} : { ContainerConfig: masked(ContainerConfig) }) };
}

function maskVariable(variable: unknown): string {
  const text = String(variable);
  const cut = text.indexOf('=');
  return cut < 0 ? text : `${text.slice(0, cut)}=${mask}`;
}

/** Lines of a Dockerfile that set variables, or ran with build arguments. */
function maskHistory(answer: unknown): unknown {
  if (!Array.isArray(answer)) return answer;
  return answer.map((layer: Json) => {
    const line = typeof layer['CreatedBy'] === 'string' ? layer['CreatedBy'] : '';
    return { ...layer, CreatedBy: /\b(ENV|ARG)\b|^\|\d/.test(line) ? line.replace(/=("[^"]*"|'[^']*'|\S+)/g, `=${mask}`) : line };
  });
}

/** Proxies may carry credentials; the registry configuration names internal hosts and is nobody's business here. */
function withoutSecrets(answer: unknown): unknown {
  const info = { ...(answer as Json) };
  delete info['RegistryConfig'];
  const proxies = Object.fromEntries(
    ['HttpProxy', 'HttpsProxy'].filter((name) => name in info).map((name) => [name, withoutUser(info[name])]),
  );
  return { ...info, ...proxies };
}

function withoutUser(proxy: unknown): unknown {
  return typeof proxy === 'string' ? proxy.replace(/\/\/[^@/]*@/, '//') : proxy;
}

async function rewrite(response: PlainResponse, filter: Filter): Promise<Uint8Array> {
  const bytes = response.body instanceof Uint8Array ? response.body : await collect(response.body);
  if (bytes.length === 0) return bytes;
  const answer: unknown = JSON.parse(new TextDecoder().decode(bytes));
  return new TextEncoder().encode(`${JSON.stringify(filter(answer))}\n`);
}

export async function collect(body: Bytes): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.length;
    if (sizeBytes > largestFilteredBytes) throw new Failure('exhausted', 'the answer of the engine is too large to be filtered');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
