import { Failure } from '@gantry/base';
import { type EngineClient, engineClient, type EngineRequest, type PlainResponse } from '@gantry/engine-api/client';
import { engineVersion } from './engine.ts';

/** The engine of a host for one request that carries a file of this machine and tells how many bytes have gone out; `fetch` cannot tell. */
export function uploadingEngineOn(host: string, file: Blob, sent: (bytes: number) => void): EngineClient {
  return engineClient((request) => send(request, file, sent), { version: engineVersion, prefix: `/engine/${encodeURIComponent(host)}` });
}

function send({ method, target, headers, signal }: EngineRequest, file: Blob, sent: (bytes: number) => void): Promise<PlainResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<PlainResponse>();
  const request = new XMLHttpRequest();
  const abort = (): void => request.abort();
  request.open(method, target);
  request.responseType = 'arraybuffer';
  for (const [name, value] of headers) request.setRequestHeader(name, value);
  request.upload.onprogress = ({ loaded }) => sent(loaded);
  request.onload = () =>
    resolve({ kind: 'plain', status: request.status, headers: headersOf(request), body: new Uint8Array(request.response as ArrayBuffer) });
  request.onerror = () => reject(new Failure('unavailable', 'the upload was cut: the server cannot be reached'));
  request.onabort = () => reject(new Failure('cancelled', 'the upload was cancelled'));
  signal.addEventListener('abort', abort, { once: true });
  request.onloadend = () => signal.removeEventListener('abort', abort);
  if (signal.aborted) reject(new Failure('cancelled', 'the upload was cancelled'));
  else request.send(file);
  return promise;
}

function headersOf(request: XMLHttpRequest): Map<string, string> {
  const lines = request.getAllResponseHeaders().trim().split('\r\n');
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
}
