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
export type { ContainerReport, FleetMessage, FleetPort, FleetRow, FleetSample } from './fleet/fleet-row.ts';
