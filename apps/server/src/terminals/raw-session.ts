import { type Bytes, type HijackedResponse, readSessionFrames, sessionBytes } from '@gantry/engine-api';

/** A session as a docker client has a terminal: its bytes, and nothing of what is said beside them. */
export function rawSession({ open }: HijackedResponse): HijackedResponse {
  return {
    kind: 'hijacked',
    headers: new Map([['content-type', 'application/vnd.docker.raw-stream']]),
    open: (input) => shown(open(typed(input))),
  };
}

async function* typed(input: Bytes): AsyncGenerator<Uint8Array> {
  for await (const bytes of input) yield sessionBytes(bytes);
}

/** A part that is not kept any more is missing: nothing in these bytes could say so. */
async function* shown(frames: Bytes): AsyncGenerator<Uint8Array> {
  for await (const part of readSessionFrames(frames)) {
    if (part instanceof Uint8Array) yield part;
    else if (part.kind === 'ended') return;
  }
}
