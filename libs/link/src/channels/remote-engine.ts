import { Failure } from '@gantry/base';
import type { Engine, EngineRequest, EngineResponse } from '@gantry/engine-api/client';
import { AskingChannel } from './asking-channel.ts';
import { type Frame, frameTypes, largestMessageBytes } from './frame.ts';
import { encodeOpen } from './messages.ts';
import { Multiplexer } from './multiplexer.ts';
import type { Wire } from './wire.ts';

const largestChannelId = 0xffff_ffff;

/**
 * The engine at the other end of a wire. Requests rejects with `unavailable: link lost` once the wire is gone, also those that run; their bodies throw it.
 * A head too large for a frame is answered with 431. Back-pressure holds end to end: what nobody reads is not sent.
 */
export function remoteEngine(wire: Wire): Engine {
  let lastId = 0;
  let lost: Failure | undefined;
  const multiplexer = new Multiplexer(wire, {
    receiveStray: ({ channel }: Frame) => {
      // What was on its way when a channel ended here is dropped.
      if (channel === 0 || channel > lastId) throw new Failure('invalid', `a frame for channel ${channel}, which was never opened`);
    },
    lost: (failure) => (lost = failure),
  });
  return async (request): Promise<EngineResponse> => {
    if (lost) throw lost;
    request.signal.throwIfAborted();
    const { method, target, headers, upgrade, caller } = request;
    const hasBody = method !== 'GET' && method !== 'HEAD';
    const open = encodeOpen({ method, target, headers, upgrade, caller, hasBody });
    if (open.length > largestMessageBytes) return tooLarge();
    const id = nextId();
    const channel = new AskingChannel(id, multiplexer, request);
    multiplexer.add(id, channel);
    multiplexer.outbox.now(id, frameTypes.open, open);
    channel.start({ hasBody, isHeldBack: isAwaited(request) });
    return channel.response;
  };

  function nextId(): number {
    if (lastId === largestChannelId) multiplexer.close(new Failure('unavailable', 'link lost'));
    if (lost) throw lost;
    return ++lastId;
  }
}

function isAwaited({ headers }: EngineRequest): boolean {
  return headers.get('expect')?.toLowerCase() === '100-continue';
}

function tooLarge(): EngineResponse {
  const body = new TextEncoder().encode('{"message":"the request\'s head is too large for the link"}\n');
  return { kind: 'plain', status: 431, headers: new Map([['content-type', 'application/json']]), body };
}
