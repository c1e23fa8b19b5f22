import { Failure } from '@gantry/base';
import * as z from 'zod';
import { type Digest, digestOf, isDigest } from '../digest/digest.ts';
import { parseJson } from '../manifests/json.ts';
import { acceptedManifests } from '../manifests/media-types.ts';
import { isTag, type Reference } from '../reference/reference.ts';
import { cancelled, type HttpAnswer, readBody } from './http-request.ts';
import { registryFailure } from './registry-error.ts';
import type { Registry } from './registry.ts';

const longestManifestBytes = 4 * 1024 * 1024;
const longestTagListBytes = 4 * 1024 * 1024;
/** So many attempts in a row may bring nothing before a blob is given up. */
const mostIdleAttempts = 5;

const tagList = z.object({ tags: z.array(z.string()).nullish() });

export interface FetchedManifest {
  readonly bytes: Buffer;
  readonly digest: Digest;
  readonly mediaType: string;
}

export interface BlobWish {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly signal: AbortSignal;
  /** Told when the connection broke and the download goes on where it stood. */
  readonly onResume?: (offset: number) => void;
}

/** One repository of one registry. */
export class Repository {
  readonly #registry: Registry;
  readonly #path: string;

  constructor(registry: Registry, { path }: Reference) {
    this.#registry = registry;
    this.#path = path;
  }

  /** A manifest or index by tag or digest. By digest the bytes are checked. Fails with what the registry says, in its own words. */
  async manifest(wish: string, signal: AbortSignal): Promise<FetchedManifest> {
    const answer = await this.#get(`manifests/${wish}`, { accept: acceptedManifests.join(', ') }, signal);
    if (answer.status !== 200) throw await registryFailure(answer);
    const bytes = await readBody(answer, longestManifestBytes);
    const digest = digestOf(bytes);
    if (isDigest(wish) && wish.startsWith('sha256:') && wish !== digest) {
      throw new Failure('invalid', `manifest verification failed for digest ${wish}`, { details: { expected: wish, actual: digest } });
    }
    return { bytes, digest, mediaType: answer.headers['content-type'] ?? '' };
  }

  /** All tags that the registry tells. */
  async tags(signal: AbortSignal): Promise<string[]> {
    const answer = await this.#get('tags/list', {}, signal);
    if (answer.status !== 200) throw await registryFailure(answer);
    const { tags } = parseJson(tagList, 'tag list', await readBody(answer, longestTagListBytes));
    return (tags ?? []).filter(isTag);
  }

  /**
   * A blob's bytes, unchecked (see `verified`). Where the connection breaks it goes on at that place, as long as each attempt brings something.
   * Fails with `unavailable` otherwise, with what the registry says, and with `cancelled`.
   */
  async *blob({ digest, sizeBytes, signal, onResume }: BlobWish): AsyncGenerator<Uint8Array, void, undefined> {
    let offset = 0;
    for (let idle = 0; offset < sizeBytes; idle++) {
      const before = offset;
      try {
        for await (const chunk of this.#blobFrom(digest, offset, signal)) {
          offset += chunk.length;
          yield chunk;
        }
        if (offset >= sizeBytes) return;
        if (offset === before && idle > 0) throw new Failure('unavailable', `blob ${digest} ends after ${offset} of ${sizeBytes} bytes`);
      } catch (thrown) {
        if (signal.aborted) throw cancelled(signal);
        const failure = Failure.from(thrown);
        const isFinal = failure.code !== 'unavailable' || (offset === before && idle >= mostIdleAttempts);
        if (isFinal) throw failure;
      }
      if (offset > before) idle = 0;
      else await this.#registry.pause(idle + 1, signal);
      onResume?.(offset);
    }
  }

  /** From a place on; a registry that knows no ranges is read from the start and what is there already passed over. */
  async *#blobFrom(digest: Digest, offset: number, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    const answer = await this.#get(`blobs/${digest}`, offset === 0 ? {} : { range: `bytes=${offset}-` }, signal);
    if (answer.status !== 200 && answer.status !== 206) throw await registryFailure(answer);
    let skip = offset;
    if (answer.status === 206) {
      const start = /^bytes ([0-9]+)-/.exec(answer.headers['content-range'] ?? '')?.[1];
      if (Number(start) !== offset)
        throw new Failure('invalid', `the registry answers bytes from ${start ?? 'nowhere'} instead of ${offset}`);
      skip = 0;
    }
    try {
      for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
        if (skip < chunk.length) yield chunk.subarray(skip);
        skip = Math.max(0, skip - chunk.length);
      }
    } catch (cause) {
      throw new Failure('unavailable', `Get "${answer.url.href}": unexpected EOF`, { cause });
    } finally {
      answer.body.destroy();
    }
  }

  #get(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<HttpAnswer> {
    return this.#registry.call({
      method: 'GET',
      path: `v2/${this.#path}/${path}`,
      headers,
      scope: `repository:${this.#path}:pull`,
      signal,
    });
  }
}
