export {
  type Bytes,
  type Caller,
  type Engine,
  type EngineRequest,
  type EngineResponse,
  type HijackedResponse,
  largestChunkBytes,
  type PlainResponse,
} from './engine.ts';
export type { ContainerReport, FleetChange, FleetMessage, FleetPort, FleetRow, FleetSample } from './fleet/fleet-row.ts';
export { type BodyOf, type Call, type QueryOf } from './call.ts';
export * from './topology.ts';
export { type FileEntry, type FilePage, filePageEntries, mostWrittenBytes } from './files/file-entry.ts';
export { type Capabilities, type Feature, features } from './capabilities.ts';
export { failureStatus } from './failure-status.ts';
export { type Filters, parseFilters } from './filters.ts';
export { decodeGo } from './go-decode.ts';
export { type GoJson, type GoObject, isGoObject, parseGoJson } from './go-json.ts';
export { goBoolean, type ParsedQuery, parseQuery, type RawQuery, readQuery } from './go-query.ts';
export * as messages from './messages.ts';
export { empty, hijack, json, jsonStream, jsonText, stream, stringify, text } from './replies.ts';
export { type EngineFacts, type Handler, type Handlers, routed } from './router.ts';
export { type Match, matchRoute } from './routes/match-route.ts';
export { type Permission, routePermissions } from './routes/permission.ts';
export type { QueryKind, QueryShape, Reference, Refusal } from './routes/route.ts';
export { type Route, type RouteName, routes, routeTable, type RowOf } from './routes/routes.ts';
export { ApiVersion, negotiate, type VersionRange } from './versions/api-version.ts';
export { shaped, type Shaped } from './versions/shaped.ts';
export { leaveUnread, noBytes, pulledBytes } from './bytes/pulled-bytes.ts';
export { ByteQueue } from './bytes/byte-queue.ts';
export { type DoorOptions, type EngineDoor, serveEngine } from './door/serve-engine.ts';
export type { Admission, Admit, DoorLimits, OfferedRequest } from './door/admission.ts';
export {
  type Answer,
  type CallInput,
  type ClientOptions,
  type EngineClient,
  engineClient,
  type QueryInput,
} from './client/engine-client.ts';
export {
  demultiplex,
  multiplex,
  MultiplexedDecoder,
  multiplexedFrame,
  multiplexedStream,
  type OutputPart,
  type OutputStream,
  rawStream,
} from './framing/multiplexed.ts';
export { dockerEngine, type DockerEngineOptions } from './proxy/docker-engine.ts';
export { EngineDispatcher } from './door/engine-dispatcher.ts';
export type { DispatcherOptions } from './door/admission.ts';
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
} from './sessions/session-frames.ts';
export { sessionIdOf, type SessionKind, sessionKinds } from './sessions/session-id.ts';
