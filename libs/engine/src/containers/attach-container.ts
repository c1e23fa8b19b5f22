import { Failure } from '@gantry/base';
import { type Bytes, leaveUnread, messages, multiplex, type OutputPart } from '@gantry/engine-api';
import { readLog } from '../logs/read-log.ts';
import type { AttachClient } from './attach-hub.ts';
import { type ContainersHost, pathsOf, publish } from './containers-host.ts';
import { DetachKeys, detachSequence } from './detach-keys.ts';
import type { ManagedContainer } from './managed-container.ts';

export interface AttachRequest {
  readonly logs: boolean;
  readonly stream: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly detachKeys: string;
}

/**
 * Attaches to a container that runs or is about to. The client is registered when this returns; `open` takes its bytes and gives the container's:
 * raw with a terminal, else multiplexed. They end with the run, or before it when the client detaches or ends input that the container does not read to its
 * end (StdinOnce without a terminal), and, where no output is attached, when it ends its input or has none: as in dockerd. With `logs` the past comes out of the log file, and the present too: so nothing is doubled or left out.
 */
export function attachContainer(
  host: ContainersHost,
  container: ManagedContainer,
  request: AttachRequest,
): { readonly open: (input: Bytes) => Bytes } {
  const sequence = detachSequence(request.detachKeys);
  if (container.state.name === 'paused') throw new Failure('conflict', messages.cannotAttachPaused(container.name));
  if (container.state.name === 'restarting') throw new Failure('conflict', messages.restarting(container.id));
  const client = container.hub.attach();
  publish(host, container, { action: 'attach' });
  const open = (input: Bytes): Bytes => {
    const gone = new AbortController();
    const hasOutput = request.stdout || request.stderr;
    if (request.stdin && container.record.config.OpenStdin) {
      const told = (): void => publish(host, container, { action: 'detach' });
      void pump(input, { container, client, sequence, hasOutput, gone, told });
    } else {
      leaveUnread(input);
      if (!hasOutput) gone.abort();
    }
    const parts = request.logs ? fromLog(host, container, { request, gone }) : fromHub(client, request, gone.signal);
    return finished(container.record.config.Tty ? rawBytes(parts) : multiplex(parts), { client, gone });
  };
  return { open };
}

interface InputPlace {
  readonly container: ManagedContainer;
  readonly client: AttachClient;
  readonly sequence: Uint8Array;
  readonly hasOutput: boolean;
  readonly gone: AbortController;
  /** The person left by the detach keys. */
  readonly told: () => void;
}

/** Typed bytes to the process, until the client ends them, detaches or the container stops reading. */
async function pump(input: Bytes, { container, client, sequence, hasOutput, gone, told }: InputPlace): Promise<void> {
  const { Tty, StdinOnce } = container.record.config;
  const keys = Tty ? new DetachKeys(sequence) : undefined;
  try {
    for await (const typed of input) {
      const { bytes, isDetached } = keys?.feed(typed) ?? { bytes: typed, isDetached: false };
      if (bytes.length > 0) await client.write(bytes);
      if (isDetached) {
        told();
        gone.abort();
        return;
      }
    }
  } catch {
    // The client or the process is gone; the end of the output tells it.
  }
  const isReadToItsEnd = StdinOnce && !Tty;
  if (isReadToItsEnd) client.endInput();
  if (!isReadToItsEnd || !hasOutput) gone.abort();
}

async function* fromHub(client: AttachClient, request: AttachRequest, gone: AbortSignal): AsyncGenerator<OutputPart> {
  if (!request.stream) return;
  const leave = (): void => {
    client[Symbol.dispose]();
  };
  gone.addEventListener('abort', leave, { once: true });
  if (gone.aborted) leave();
  for await (const { stream, bytes } of client.output) if (request[stream]) yield { stream, bytes };
}

async function* fromLog(
  host: ContainersHost,
  container: ManagedContainer,
  { request, gone }: { request: AttachRequest; gone: AbortController },
): AsyncGenerator<OutputPart> {
  const { stdout, stderr } = request;
  const query = { stdout, stderr, ...(request.stream && { follow: container.runEnd }) };
  for await (const records of readLog(pathsOf(host, container.id).log, query, gone.signal)) yield* records;
}

async function* rawBytes(parts: AsyncIterable<OutputPart>): AsyncGenerator<Uint8Array> {
  for await (const { bytes } of parts) yield bytes;
}

async function* finished(bytes: Bytes, { client, gone }: { client: AttachClient; gone: AbortController }): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } finally {
    client[Symbol.dispose]();
    gone.abort();
  }
}
