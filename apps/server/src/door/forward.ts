import { type Caller, type EngineRequest, noBytes } from '@gantry/engine-api';
import { once } from './collect.ts';
import type { GuardedCall } from './guarded-call.ts';

/** The request that the engine gets: made from what was checked, with nothing of what was sent but an uploaded body. */
export function rebuild(call: GuardedCall, request: EngineRequest, as: { caller: Caller; signal: AbortSignal }): EngineRequest {
  const { route, body } = call;
  const isUpload = route.kind === 'upload';
  return {
    method: route.method,
    target: targetOf(call),
    headers: headersOf(call, request),
    upgrade: route.kind === 'hijack' ? request.upgrade : 'none',
    body: isUpload ? request.body : body && body.bytes.length > 0 ? once(body.bytes) : noBytes,
    ...as,
  };
}

function targetOf({ route, path, query, version }: GuardedCall): string {
  const filled = route.path.replace(/\{(\w+)(\*?)\}/g, (_, name: string, star: string) => {
    const value = path[name] ?? '';
    return star ? value.split('/').map(encode).join('/') : encode(value);
  });
  const prefix = route.isUnversioned ? '' : `/v${version.toString()}`;
  return `${prefix}${filled}${query.text === '' ? '' : `?${query.text}`}`;
}

/** Colons and at signs stand in names of images as they are. */
function encode(segment: string): string {
  return encodeURIComponent(segment).replaceAll('%3A', ':').replaceAll('%40', '@');
}

function headersOf({ route, body }: GuardedCall, { headers }: EngineRequest): ReadonlyMap<string, string> {
  const kept = route.requestHeaders.flatMap((name) => (headers.has(name) ? [[name, headers.get(name) ?? ''] as const] : []));
  const type = headers.get('content-type');
  if (body && body.bytes.length > 0) return new Map([...kept, ['content-type', 'application/json']]);
  if (route.kind === 'upload' && type !== undefined) return new Map([...kept, ['content-type', type]]);
  return new Map(kept);
}
