import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Digest, digestOf, mediaTypes } from '@gantry/oci';
import { ociBlobs, type TestImage } from './image-archives.ts';

/** How a registry misbehaves, or what it wants to see. */
export interface RegistryScript {
  /** Breaks each answer with a blob after so many bytes. */
  readonly cutEveryBytes?: number;
  /** Only the first answer. */
  readonly isCutOnce?: boolean;
  readonly hasRanges?: boolean;
  /** Changes blobs on their way. */
  readonly corrupt?: (digest: Digest, bytes: Buffer) => Buffer;
  readonly basic?: { readonly username: string; readonly password: string };
  /** Where tokens come from; this registry then wants `Bearer <token>`. */
  readonly bearer?: { readonly realm: string; readonly token: string };
  /** Blobs are fetched there instead. */
  readonly redirectBlobsTo?: string;
  /** Answers this first, so many times per path. */
  readonly failFirst?: { readonly status: number; readonly times: number };
  /** Waits before each blob's answer. */
  readonly blobDelayMs?: number;
}

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
}

/** A v2 registry on loopback that does as its script says. */
export class ScriptedRegistry implements AsyncDisposable {
  readonly #server = createServer((request, response) => this.#answer(request, response));
  readonly #blobs = new Map<string, Buffer>();
  readonly #manifests = new Map<string, { bytes: Buffer; mediaType: string }>();
  readonly #failures = new Map<string, number>();
  readonly seen: SeenRequest[] = [];
  script: RegistryScript;

  private constructor(script: RegistryScript) {
    this.script = script;
  }

  static async start(script: RegistryScript = {}): Promise<ScriptedRegistry> {
    const registry = new ScriptedRegistry(script);
    registry.#server.listen(0, '127.0.0.1');
    await once(registry.#server, 'listening');
    return registry;
  }

  /** `127.0.0.1:port` */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  blobRequests(digest?: Digest): SeenRequest[] {
    return this.seen.filter(({ url }) => url.includes(digest === undefined ? '/blobs/' : `/blobs/${digest}`));
  }

  add(repository: string, tag: string, { image, layer = (tar) => tar }: { image: TestImage; layer?: (tar: Buffer) => Buffer }): Digest {
    const { manifest, blobs } = ociBlobs(image, { layer, mediaType: mediaTypes.ociLayerGzip });
    for (const [digest, bytes] of blobs) this.#blobs.set(`${repository}@${digest}`, bytes);
    return this.addManifest(repository, tag, { bytes: manifest, mediaType: mediaTypes.ociManifest });
  }

  addManifest(repository: string, tag: string, manifest: { bytes: Buffer; mediaType: string }): Digest {
    const digest = digestOf(manifest.bytes);
    this.#manifests.set(`${repository}:${tag}`, manifest);
    this.#manifests.set(`${repository}:${digest}`, manifest);
    return digest;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method = '', url = '' } = request;
    const { authorization, range } = request.headers;
    this.seen.push({ method, url, authorization, range });
    response.on('error', () => undefined);
    const failures = this.#failures.get(url) ?? 0;
    const { failFirst } = this.script;
    if (url !== '/v2/' && failFirst !== undefined && failures < failFirst.times) {
      this.#failures.set(url, failures + 1);
      response.writeHead(failFirst.status).end('busy');
      return;
    }
    if (!this.#isAuthorized(authorization)) this.#refuse(response);
    else this.#serve(url, range, response);
  }

  #isAuthorized(authorization: string | undefined): boolean {
    const { basic, bearer } = this.script;
    if (bearer !== undefined) return authorization === `Bearer ${bearer.token}`;
    if (basic === undefined) return true;
    return authorization === `Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString('base64')}`;
  }

  #refuse(response: ServerResponse): void {
    const { bearer } = this.script;
    const challenge = bearer === undefined ? 'Basic realm="test"' : `Bearer realm="${bearer.realm}",service="test registry"`;
    response.writeHead(401, { 'www-authenticate': challenge, 'content-type': 'application/json' });
    response.end('{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}');
  }

  #serve(url: string, range: string | undefined, response: ServerResponse): void {
    const match = /^\/v2\/(.+)\/(manifests|blobs|tags)\/([^/]+)$/.exec(url);
    if (url === '/v2/') return void response.writeHead(200).end('{}');
    const [, repository = '', kind, name = ''] = match ?? [];
    if (kind === 'tags') {
      const tags = [...this.#manifests.keys()].flatMap((key) =>
        key.startsWith(`${repository}:`) && !key.includes('sha256') ? [key.slice(repository.length + 1)] : [],
      );
      return void response.writeHead(200).end(JSON.stringify({ name: repository, tags }));
    }
    const manifest = kind === 'manifests' ? this.#manifests.get(`${repository}:${name}`) : undefined;
    if (manifest !== undefined) return void response.writeHead(200, { 'content-type': manifest.mediaType }).end(manifest.bytes);
    const blob = kind === 'blobs' ? this.#blobs.get(`${repository}@${name}`) : undefined;
    if (blob !== undefined)
      return void setTimeout(() => this.#serveBlob(name as Digest, { blob, range, response, url }), this.script.blobDelayMs ?? 0);
    response.writeHead(404, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({ errors: [{ code: kind === 'blobs' ? 'BLOB_UNKNOWN' : 'MANIFEST_UNKNOWN', message: 'manifest unknown' }] }),
    );
  }

  #serveBlob(
    digest: Digest,
    { blob, range, response, url }: { blob: Buffer; range: string | undefined; response: ServerResponse; url: string },
  ): void {
    const { corrupt, cutEveryBytes, hasRanges = true, redirectBlobsTo } = this.script;
    if (redirectBlobsTo !== undefined) return void response.writeHead(307, { location: `${redirectBlobsTo}${url}` }).end();
    const bytes = corrupt?.(digest, Buffer.from(blob)) ?? blob;
    const start = hasRanges ? Number(/^bytes=([0-9]+)-$/.exec(range ?? '')?.[1] ?? 0) : 0;
    const rest = bytes.subarray(start);
    const isPart = hasRanges && range !== undefined;
    response.writeHead(isPart ? 206 : 200, {
      'content-length': rest.length,
      ...(isPart ? { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {}),
    });
    if (cutEveryBytes === undefined || rest.length <= cutEveryBytes) return void response.end(rest);
    if (this.script.isCutOnce === true) this.script = { ...this.script, cutEveryBytes: Infinity };
    response.write(rest.subarray(0, cutEveryBytes), () => response.socket?.destroySoon());
  }
}
