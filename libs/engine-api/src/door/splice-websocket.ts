import { Failure } from '@gantry/base';
import { ByteQueue } from '../bytes/byte-queue.ts';
import { type HijackedResponse, largestChunkBytes } from '../engine.ts';
import type { Exchange } from './exchange.ts';
import { closeFrame, frame, opcode, websocketParts } from '../http1/websocket-frames.ts';
import { writeAll } from './write-all.ts';

/**
 * Ends websocket framing between a client and an engine: messages in, whatever their kind and parts, are one run of bytes; each chunk out is one
 * binary message (a text message before API 1.28, as dockerd has it). A websocket has no half-close: the client's close ends both ways.
 */
export async function spliceWebsocket(exchange: Exchange, open: HijackedResponse['open']): Promise<void> {
  const { connection, request, cut } = exchange;
  const input = new ByteQueue(largestChunkBytes);
  const output = open(input.bytes)[Symbol.asyncIterator]();
  const write = (chunk: [Uint8Array, Uint8Array]) => connection.writer.write(...chunk);
  const encode = messagesFor(request.target);
  const written = writeAll((chunk) => write(encode(chunk)), { [Symbol.asyncIterator]: () => output }, cut);
  const closeCode = await Promise.race([written.then(() => normalClosure), receive(exchange, input), cut]);
  input.end();
  void Promise.resolve(output.return?.()).catch(() => undefined);
  await write(closeFrame(closeCode));
}

const normalClosure = 1000;

function messagesFor(target: string): (chunk: Uint8Array) => [Uint8Array, Uint8Array] {
  const minor = /^\/v1\.(\d+)\//.exec(target)?.[1];
  if (minor === undefined || Number(minor) >= 28) return (chunk) => frame(opcode.binary, chunk);
  const decoder = new TextDecoder();
  return (chunk) => frame(opcode.text, Buffer.from(decoder.decode(chunk, { stream: true })));
}

/** Hands data to the engine and answers pings until the client closes; answers the code to close with. */
async function receive({ connection, body }: Exchange, input: ByteQueue): Promise<number> {
  try {
    await body.drain(Number.POSITIVE_INFINITY);
    for await (const part of websocketParts((limitBytes) => connection.reader.read(limitBytes))) {
      if (part.kind === 'data') await input.push(part.bytes);
      else if (part.kind === 'ping') await connection.writer.write(...frame(opcode.pong, part.payload));
    }
    return normalClosure;
  } catch (thrown) {
    const failure = Failure.from(thrown);
    input.fail(failure);
    const { closeCode } = failure.details;
    if (typeof closeCode !== 'number') throw thrown;
    return closeCode;
  }
}
