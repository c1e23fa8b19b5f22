import { pulledBytes } from '../bytes/pulled-bytes.ts';
import type { Bytes, EngineRequest, HijackedResponse } from '../engine.ts';
import type { Upstream } from './upstream.ts';
import { websocketBytes } from './websocket-bytes.ts';

/** Joins a caller to a daemon's connection that carries raw bytes now: half-closes pass both ways, and each side may end first. */
export function openHijack(upstream: Upstream, request: EngineRequest, end: (isWhole: boolean) => void): HijackedResponse['open'] {
  const { reader, writer, socket } = upstream;
  return (input) => {
    const plain = { read: () => reader.read(), write: (chunk: Uint8Array) => writer.write(chunk), end: () => writer.end() };
    const wire = request.upgrade === 'websocket' ? websocketBytes(upstream) : plain;
    const state = { hasOutputEnded: false, hasInputEnded: false };
    const close = (): void => {
      if (state.hasOutputEnded && state.hasInputEnded) end(false);
    };
    void sendInput(input, { ...wire, onGone: (stop) => socket.once('close', stop) }).finally(() => {
      state.hasInputEnded = true;
      close();
    });
    return outputOf(wire.read, {
      ended: () => {
        state.hasOutputEnded = true;
        close();
      },
      stopped: () => end(false),
    });
  };
}

interface InputWire {
  write(chunk: Uint8Array): Promise<void>;
  end(): void;
  onGone(stop: () => void): void;
}

/** Sends the caller's bytes and its half-close; a daemon that is gone wants no more, a caller that breaks off closes. */
async function sendInput(input: Bytes, wire: InputWire): Promise<void> {
  const iterator = input[Symbol.asyncIterator]();
  const stop = (): void => void Promise.resolve(iterator.return?.()).catch(() => undefined);
  wire.onGone(stop);
  try {
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) await wire.write(next.value);
    wire.end();
  } catch {
    stop();
    wire.end();
  }
}

function outputOf(read: () => Promise<Uint8Array | undefined>, on: { ended: () => void; stopped: () => void }): Bytes {
  return pulledBytes(async () => {
    try {
      const chunk = await read();
      if (!chunk) on.ended();
      return chunk;
    } catch (thrown) {
      on.stopped();
      throw thrown;
    }
  }, on.stopped);
}
