import { Failure, type FailureCode } from '@gantry/base';
import * as z from 'zod';
import type { HttpAnswer } from './http-request.ts';
import { readBody } from './http-request.ts';

const errorBody = z.object({ errors: z.array(z.object({ code: z.string(), message: z.string().default('') })).min(1) });
const longestErrorBytes = 64 * 1024;

/** What the registry said instead of an answer: `details.status` and, in its own words, `details.code` (`MANIFEST_UNKNOWN`). */
export async function registryFailure(answer: HttpAnswer): Promise<Failure> {
  const { status, url } = answer;
  const text = (await readBody(answer, longestErrorBytes).catch(() => Buffer.alloc(0))).toString();
  const code = codeOfStatus(status);
  const first = firstError(text);
  if (first === undefined) {
    const message = `received unexpected HTTP status: ${status} ${answer.body.statusMessage ?? ''}`.trim();
    return new Failure(code, `${message} (${url.host})`, { details: { status } });
  }
  const words = first.code.toLowerCase().replaceAll('_', ' ');
  return new Failure(code, `${words}: ${first.message === '' ? words : first.message}`, { details: { status, code: first.code } });
}

function firstError(text: string): { code: string; message: string } | undefined {
  try {
    return errorBody.parse(JSON.parse(text)).errors[0];
  } catch {
    return undefined;
  }
}

function codeOfStatus(status: number): FailureCode {
  if (status === 401) return 'unauthenticated';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not-found';
  if (status === 429) return 'exhausted';
  return 'unavailable';
}
