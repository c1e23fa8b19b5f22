import { Failure } from '@gantry/base';
import { isThisMachine } from '@gantry/contract';
import type { CustomFetch } from 'openid-client';

/** Descriptions, keys and answers of providers are a few kilobytes. */
const largestBytes = 1_048_576;

/**
 * What providers are asked with: by https, or by http on this machine alone, whatever addresses their description names. Redirects are not followed, and
 * an answer that does not end is cut off (`exhausted`).
 */
export const providerFetch: CustomFetch = async (url, { body, headers, method, signal }) => {
  const { protocol, hostname } = new URL(url);
  if (protocol !== 'https:' && !(protocol === 'http:' && isThisMachine(hostname)))
    throw new Failure('forbidden', `a provider is asked by https only, not at ${url}`);
  const sent = { method, headers, redirect: 'manual', ...(body == null ? {} : { body }), ...(signal ? { signal } : {}) } as RequestInit;
  const response = await fetch(url, sent);
  const { status, statusText } = response;
  const text = await readLimited(response);
  return new Response(text.length > 0 ? text : null, { status, statusText, headers: response.headers });
};

async function readLimited({ body }: Response): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > largestBytes) throw new Failure('exhausted', `the provider's answer is longer than ${largestBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
