// The half of this library that runs in a browser: no node imports, no schemas.
export { ByteQueue } from '../bytes/byte-queue.ts';
export { noBytes, pulledBytes } from '../bytes/pulled-bytes.ts';
export {
  type Bytes,
  type Caller,
  type Engine,
  type EngineRequest,
  type EngineResponse,
  type HijackedResponse,
  largestChunkBytes,
  type PlainResponse,
} from '../engine.ts';
export { type FileEntry, type FilePage, filePageEntries, mostWrittenBytes } from '../files/file-entry.ts';
export {
  demultiplex,
  multiplex,
  MultiplexedDecoder,
  multiplexedFrame,
  multiplexedStream,
  type OutputPart,
  type OutputStream,
  rawStream,
} from '../framing/multiplexed.ts';
export type { RouteName } from '../routes/routes.ts';
export { type Answer, type CallInput, type ClientOptions, type EngineClient, engineClient, type QueryInput } from './engine-client.ts';
export {
  largestSessionPiece,
  readSessionFrames,
  sessionBytes,
  type SessionEndCause,
  sessionEndCauses,
  type SessionMode,
  type SessionNote,
  sessionNote,
  type SessionPerson,
} from '../sessions/session-frames.ts';
