import type { PlainResponse } from '@gantry/engine-api';
import { collect } from './collect.ts';
import type { HostThings } from './host-things.ts';

const generic: Readonly<Record<number, string>> = {
  404: 'something that the request needs is not there',
  409: 'Conflict. The request is at odds with something on this host, or the name is already in use',
};

/** An error of the engine as the caller may read it: one that names anything that they do not see becomes a general one of the same status. */
export async function withoutUnseenNames(response: PlainResponse, things: HostThings): Promise<PlainResponse> {
  if (things.sight.seesEverything || response.status < 400) return response;
  const bytes = await collect(response.body);
  const text = new TextDecoder().decode(bytes);
  if (await isHarmless(text, things)) return { ...response, body: bytes };
  const message = generic[response.status] ?? 'the engine could not do this';
  return { ...response, body: new TextEncoder().encode(`${JSON.stringify({ message })}\n`) };
}

/** Where the engine does not tell what there is, nothing that it said is passed on. */
async function isHarmless(text: string, things: HostThings): Promise<boolean> {
  try {
    const words = new Set(text.split(/[^\w.-]+/).flatMap((word) => [word, word.replace(/[.-]+$/, '')]));
    return !(await things.unseen()).some((name) => words.has(name));
  } catch {
    return false;
  }
}
