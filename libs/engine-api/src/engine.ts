/**
 * Bytes of one direction: pulled, single use, chunks of at most 64 KiB owned by the reader, transfer framing removed.
 * The end is a half-close; a throw is a reset (the door cuts the connection and never writes a clean end); the reader's `return()`
 * tells the writer to stop.
 */
export type Bytes = AsyncIterable<Uint8Array>;

/** The largest chunk that `Bytes` may yield. */
export const largestChunkBytes = 65_536;

/** Who asks; set by the door that authenticated the request, never read from its headers. */
export type Caller =
  /** A process of this host, on the engine's unix socket; the ids are those the kernel told, where it did. */
  | { readonly kind: 'process'; readonly uid?: number; readonly pid?: number }
  /** A person (or their token) that the server's guard let through; the request id is the audit id. */
  | { readonly kind: 'person'; readonly id: string; readonly name: string; readonly requestId: string }
  /** A part of Gantry on its own behalf, as the agent's inventory. */
  | { readonly kind: 'gantry'; readonly part: string };

/** A Docker Engine API request, wherever it came in. */
export interface EngineRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query exactly as sent, version prefix included; rows decode every segment once. */
  readonly target: string;
  /** Lower-case names, hop-by-hop ones removed. */
  readonly headers: ReadonlyMap<string, string>;
  /** What the client offered. The door ends websocket framing and carries h2c as plain bytes. */
  readonly upgrade: 'none' | 'tcp' | 'h2c' | 'websocket';
  /** The declared body only (content-length or chunks), else empty. The first pull sends 100-continue. Never hijacked bytes. */
  readonly body: Bytes;
  readonly caller: Caller;
  /** Aborts when the peer is gone or the door closes; never on half-close. Rows with onDisconnect 'finish' ignore it after their first effect. */
  readonly signal: AbortSignal;
}

/** Resolves when the head is true (the waiter is registered, the subscriber attached); the door flushes it before the first byte. */
export interface PlainResponse {
  readonly kind: 'plain';
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  /** Uint8Array: sent with content-length. Bytes: chunked. Not pulled for HEAD, 204, 304. */
  readonly body: Uint8Array | Bytes;
}

/** Both directions become raw bytes after the head. */
export interface HijackedResponse {
  readonly kind: 'hijacked';
  /** content-type: raw-stream or multiplexed-stream. Status is the door's: 101 if an upgrade was offered, else 200 without length or chunks, close after. */
  readonly headers: ReadonlyMap<string, string>;
  /** Called once, after the head is out. `input`: all bytes after the declared body; its end is the client's half-close and does not end the output. */
  readonly open: (input: Bytes) => Bytes;
}

export type EngineResponse = PlainResponse | HijackedResponse;

/**
 * An engine is a function from a Docker Engine API request to a response. Total: expected errors are plain responses `{message}`;
 * it rejects only when there is nobody to answer (link lost, aborted).
 */
export type Engine = (request: EngineRequest) => Promise<EngineResponse>;
