import type { EngineResponse, Route } from '@gantry/engine-api';
import { printable } from '../audit/audit-row.ts';
import type { OpenIntent } from '../audit/audit.service.ts';
import { collect } from './collect.ts';

const mostRemovedTold = 500;

interface Asked {
  readonly route: Pick<Route, 'lists'>;
  /** Aborts when whoever asked has left. */
  readonly left: AbortSignal;
}

/**
 * Writes the outcome of an audited request: a plain one when its head is there, a terminal or stream of bytes when it ends. Leaving an open one ends it as
 * well as its own end does; failed is what broke. What a prune or a removal of images took away is told by its ids.
 */
export async function endWith(response: EngineResponse, intent: OpenIntent, { route, left }: Asked): Promise<EngineResponse> {
  if (response.kind === 'hijacked') return { ...response, open: (input) => follow(() => response.open(input), intent, left) };
  const { status } = response;
  if (route.lists !== 'removed' || status >= 300) {
    await intent.end({ outcome: status < 400 ? 'done' : 'failed', status });
    return response;
  }
  const bytes = await collect(response.body);
  const removed = removedIds(bytes.length === 0 ? null : JSON.parse(new TextDecoder().decode(bytes)));
  const told = removed.slice(0, mostRemovedTold).map((id) => printable(id, 256));
  await intent.end({ outcome: 'done', status, details: { removed: told, removedCount: removed.length } });
  return { ...response, body: bytes };
}

/** `{ContainersDeleted: [id]}` and its like, `[{Untagged: reference}, {Deleted: id}]`. */
function removedIds(answer: unknown): string[] {
  if (typeof answer === 'string') return [answer];
  // A number has no values, as an empty list has none.
  return Object.values(answer ?? {}).flatMap(removedIds);
}

async function* follow(open: () => AsyncIterable<Uint8Array>, intent: OpenIntent, left: AbortSignal): AsyncGenerator<Uint8Array> {
  const openedAtMs = performance.now();
  const details = (): { openMs: number } => ({ openMs: Math.round(performance.now() - openedAtMs) });
  try {
    yield* open();
  } catch (thrown) {
    await intent.end({ outcome: left.aborted ? 'done' : 'failed', details: details() });
    throw thrown;
  } finally {
    await intent.end({ outcome: 'done', details: details() });
  }
}
