import { randomBytes } from 'node:crypto';
import { closeFrame, frame, masked, opcode, websocketParts } from '../http1/websocket-frames.ts';
import type { Upstream } from './upstream.ts';

/** The client's half of a websocket to a daemon as plain bytes both ways. A websocket has no half-close: the end of what we write is not sent. */
export function websocketBytes({ reader, writer }: Upstream): {
  read: () => Promise<Uint8Array | undefined>;
  write: (chunk: Uint8Array) => Promise<void>;
  end: () => void;
} {
  const parts = websocketParts((limitBytes) => reader.read(limitBytes), 'server');
  const send = (whole: [Uint8Array, Uint8Array]) => writer.write(masked(whole, randomBytes(4)));
  return {
    write: (chunk) => send(frame(opcode.binary, chunk)),
    end: () => undefined,
    async read() {
      for (;;) {
        const next = await parts.next();
        if (next.done) return undefined;
        if (next.value.kind === 'data') return next.value.bytes;
        if (next.value.kind === 'ping') await send(frame(opcode.pong, next.value.payload));
        if (next.value.kind === 'close') await send(closeFrame(1000)).catch(() => undefined);
      }
    },
  };
}
