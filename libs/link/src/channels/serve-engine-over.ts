import { Failure } from '@gantry/base';
import type { Caller, Engine } from '@gantry/engine-api/client';
import { AnsweringChannel } from './answering-channel.ts';
import { type Frame, frameTypes } from './frame.ts';
import { decodeOpen } from './messages.ts';
import { Multiplexer } from './multiplexer.ts';
import type { Wire } from './wire.ts';

export interface ServeOptions {
  /**
   * On whose behalf requests of this wire are: a fixed caller, or what the peer says (`as-told`), which only a peer that has itself authenticated its
   * callers may be asked, as the server is by the agent.
   */
  readonly caller: Caller | 'as-told';
  /** Requests at a time; one more ends the wire. Default 512. */
  readonly largestChannels?: number;
  /**
   * Small pieces of an answer that has just sent wait so long for more, 5 ms where nothing is said; those of a terminal never wait longer. Each frame costs a page
   * more than what is in it, and a page draws a log ten times a second.
   */
  readonly batchMs?: number;
  /** Told once of each failure of the engine and of each breach of the rules by the peer. Default: nobody. */
  readonly onFailure?: (failure: Failure) => void;
}

const defaultLargestChannels = 512;

/**
 * Answers what the other end of a wire asks. Disposing closes the wire; requests that run are aborted, as when the wire is lost. A peer that breaks the
 * rules (unknown or used channel, credit overrun, oversized frame) loses its wire.
 */
export function serveEngineOver(wire: Wire, engine: Engine, options: ServeOptions): Disposable & { readonly channels: number } {
  const { largestChannels = defaultLargestChannels } = options;
  let lastId = 0;
  let running = 0;
  const open = ({ channel: id, payload }: Frame): void => {
    if (id <= lastId) throw new Failure('invalid', `channel ${id} was opened before`);
    // Also counted until the engine is done with them: opening and resetting in turn must not pile up work.
    if (running >= largestChannels || multiplexer.channels >= largestChannels)
      throw new Failure('invalid', `more than ${largestChannels} channels at a time`);
    lastId = id;
    const message = decodeOpen(payload);
    const caller = options.caller === 'as-told' ? message.caller : options.caller;
    const channel = new AnsweringChannel(id, multiplexer, { message: { ...message, caller }, onFailure: options.onFailure });
    multiplexer.add(id, channel);
    running++;
    void channel.answer(engine).finally(() => running--);
  };
  const multiplexer: Multiplexer = new Multiplexer(
    wire,
    {
      receiveStray: (frame) => {
        if (frame.type === frameTypes.open) open(frame);
        // What was on its way when a channel ended here is dropped.
        else if (frame.channel === 0 || frame.channel > lastId)
          throw new Failure('invalid', `a frame for channel ${frame.channel}, which was never opened`);
      },
      lost: (failure) => {
        if (failure.cause instanceof Failure) options.onFailure?.(failure.cause);
      },
    },
    options.batchMs,
  );
  return {
    get channels() {
      return multiplexer.channels;
    },
    [Symbol.dispose]: () => multiplexer.close(new Failure('unavailable', 'link lost')),
  };
}
