import { Failure } from '@gantry/base';
import type { z } from 'zod';

/** The largest manifest, index or configuration that is read (containerd's and most registries' own limit is 4 MiB; configurations may be longer). */
export const largestJsonBytes = 8 * 1024 * 1024;

/**
 * JSON of a stranger as a checked object. A `__proto__` key becomes nothing; what the schema does not know is dropped.
 * Fails with `invalid` and says what is wrong where.
 */
export function parseJson<T>(schema: z.ZodType<T>, what: string, bytes: Uint8Array | string): T {
  const length = typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length;
  if (length > largestJsonBytes) throw new Failure('invalid', `${what} has ${length} bytes; ${largestJsonBytes} are the limit`);
  let value: unknown;
  try {
    const text = typeof bytes === 'string' ? bytes : new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    value = JSON.parse(text, (key, inner: unknown) => (key === '__proto__' ? undefined : inner));
  } catch (cause) {
    throw new Failure('invalid', `${what} is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.length ? ` at ${issue.path.map(String).join('.')}` : '';
  throw new Failure('invalid', `${what} is invalid${where}: ${issue?.message ?? 'unknown reason'}`, { cause: parsed.error });
}
