import { Failure } from '@gantry/base';
import { type Bytes, type Engine, type EngineRequest, type EngineResponse, matchRoute, type Route } from '@gantry/engine-api';
import type { AgentLink } from './agent-link.ts';
import { commandKeyHeader, commandsOnce } from './messages.ts';

/** Finds the links of one agent, one after the other. */
export interface LinksOfAgent {
  current(): AgentLink | undefined;
  /** The next link that proves its key; rejects when the signal aborts. */
  next(signal: AbortSignal): Promise<AgentLink>;
}

/**
 * The engine of an agent across its links. A command of a person (a row that is audited, with an effect and a whole answer) carries its
 * request id to the agent's journal; where the link is lost under it, it is asked again on the next link, as long as the caller has patience
 * and at most `patienceMs`, if the agent keeps a journal or doing it twice is the same as once. Anything else is lost with its link.
 */
export function commandEngine(links: LinksOfAgent, patienceMs: number): Engine {
  return async (request) => {
    const link = links.current();
    if (link?.state !== 'active') throw new Failure('unavailable', 'the host is not connected');
    const command = commandOf(request);
    return command ? insist(link, { links, patienceMs, command, request }) : link.engine(request);
  };
}

interface Command {
  readonly key: string;
  readonly effect: Route['effect'];
}
interface Insisting {
  readonly links: LinksOfAgent;
  readonly patienceMs: number;
  readonly command: Command;
  readonly request: EngineRequest;
}

async function insist(first: AgentLink, { links, patienceMs, command, request }: Insisting): Promise<EngineResponse> {
  const patience = AbortSignal.any([request.signal, AbortSignal.timeout(patienceMs)]);
  const mayAskAgain = (link: AgentLink): boolean => command.effect === 'once' || keepsJournal(link);
  const bytes = await collect(request.body);
  for (let link = first; ;) {
    const headers = keepsJournal(link) ? new Map([...request.headers, [commandKeyHeader, command.key]]) : request.headers;
    try {
      return await whole(await link.engine({ ...request, headers, body: chunksOf(bytes) }));
    } catch (thrown) {
      if (!link.closed.aborted || request.signal.aborted || !mayAskAgain(link)) throw thrown;
      const next = await links.next(patience).catch(() => undefined);
      if (next?.state !== 'active' || !mayAskAgain(next)) throw thrown;
      link = next;
    }
  }
}

function keepsJournal({ capabilities }: AgentLink): boolean {
  return capabilities.includes(commandsOnce);
}

function commandOf({ method, target, caller }: EngineRequest): Command | undefined {
  if (caller.kind !== 'person' || caller.requestId === '') return undefined;
  const route = matchRoute(method, target)?.route;
  const isCommand = route?.kind === 'json' && route.audited && route.effect !== 'none';
  return isCommand ? { key: caller.requestId, effect: route.effect } : undefined;
}

/** The answer is read here: a link that is lost in the middle of it is lost under the command as well. */
async function whole(response: EngineResponse): Promise<EngineResponse> {
  if (response.kind === 'hijacked' || response.body instanceof Uint8Array) return response;
  return { ...response, body: await collect(response.body) };
}

async function collect(bytes: Bytes): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const chunkBytes = 65_536;
  for (let start = 0; start < bytes.length; start += chunkBytes) yield await Promise.resolve(bytes.subarray(start, start + chunkBytes));
}
