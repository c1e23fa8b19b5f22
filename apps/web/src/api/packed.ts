/** A payload of the browser socket: large ones are bytes, raw deflate of their JSON. */
export type Packed<Payload> = Payload | ArrayBuffer;

/**
 * Takes payloads one after the other in the order in which they came, although bytes are unpacked aside. What cannot be read, or is refused by who takes
 * it, is told to `onLost`, and the next one is taken.
 */
export function inOrder(onLost: () => void): <Payload>(payload: Packed<Payload>, take: (payload: Payload) => void) => void {
  let waiting = 0;
  let last: Promise<void> = Promise.resolve();
  return (payload, take) => {
    if (waiting > 0 || payload instanceof ArrayBuffer) {
      last = held(last.then(async () => take(payload instanceof ArrayBuffer ? await unpacked(payload) : payload)));
      return;
    }
    try {
      take(payload);
    } catch {
      onLost();
    }
  };

  function held(work: Promise<void>): Promise<void> {
    waiting++;
    return work.catch(onLost).finally(() => waiting--);
  }
}

async function unpacked<Payload>(bytes: ArrayBuffer): Promise<Payload> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return (await new Response(stream).json()) as Payload;
}
