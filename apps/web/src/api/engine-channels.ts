import { Failure } from '@gantry/base';
import { type Engine, type EngineClient, engineClient, noBytes, type PlainResponse } from '@gantry/engine-api/client';
import { remoteEngine, socketWire } from '@gantry/link/browser';
import { askForProof } from './call.ts';
import { engineVersion } from './engine.ts';
import { pageSocket } from './page-socket.ts';

let carried: { readonly connection: string; readonly engine: Engine } | undefined;

/** The engine of a host over the page's socket: for what streams (logs, terminals) and is held back by its reader. */
export function streamingEngineOn(host: string): EngineClient {
  return engineClient(overSocket, { version: engineVersion, prefix: `/engine/${encodeURIComponent(host)}` });
}

/** Where the server wants a fresh proof that it is them, the person is asked for it and the request sent again, if it has no body that is gone by then. */
const overSocket: Engine = async (request) => {
  const response = await overChannel(request);
  if (response.kind !== 'plain' || response.status !== 403 || request.body !== noBytes) return response;
  const body = await wholeOf(response.body);
  return wantsProof(body) && (await askForProof()) ? overChannel(request) : { ...response, body };
};

/** Channels live as long as one connection; the next one gets new ones. */
const overChannel: Engine = (request) => {
  const socket = pageSocket.get();
  if (!socket?.id) return Promise.reject(new Failure('unavailable', 'the server cannot be reached'));
  if (carried?.connection !== socket.id) {
    // The listener of the connection before would take this one's frames for its own.
    socket.off('f');
    carried = { connection: socket.id, engine: remoteEngine(socketWire(socket)) };
  }
  return carried.engine(request);
};

async function wholeOf(body: PlainResponse['body']): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of body) chunks.push(new Uint8Array(chunk));
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

function wantsProof(body: Uint8Array): boolean {
  try {
    const told = JSON.parse(new TextDecoder().decode(body)) as { details?: { needs?: string } } | null;
    return told?.details?.needs === 'proof';
  } catch {
    return false; // an answer that is no JSON says nothing of a proof
  }
}
