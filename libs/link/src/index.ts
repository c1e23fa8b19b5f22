export { readIfPresent, writeDurably } from './identity/durable-file.ts';
export { fingerprintOf, Identity, isSignedBy } from './identity/identity.ts';
export { ServerEpoch } from './identity/server-epoch.ts';
export { Admission } from './join/admission.ts';
export { AgentDoor } from './join/agent-door.ts';
export type { AgentDoorOptions, AgentKeys, Enrolment, JoinCodes } from './join/agent-door-options.ts';
export type { AgentLink, Liveness } from './join/agent-link.ts';
export { enrol, type Membership } from './join/enrol.ts';
export { formatJoinCode, hashSecret, type JoinCode, makeJoinCode, parseJoinCode } from './join/join-code.ts';
export {
  agentNamespace,
  attachedSessions,
  commandKeyHeader,
  commandsOnce,
  type Enrolled,
  HostFacts,
  largestMessageBytes,
  largestPacketBeforeProofBytes,
  protocols,
  terminalSessions,
  type Welcome,
} from './join/messages.ts';
export { ServerLink, type ServerLinkOptions } from './join/server-link.ts';
export { hashInventory } from './reports/inventory-hash.ts';
export { ReportReceiver, type ReportStore } from './reports/report-receiver.ts';
export {
  ContainerRow,
  type ContainerSample,
  type EventReport,
  type HostSample,
  type Inventory,
  type Report,
  ReportSchema,
  type ReportBody,
  type Samples,
} from './reports/report.ts';
export { Spool, type SpoolLimits } from './reports/spool.ts';
export { remoteEngine } from './channels/remote-engine.ts';
export { serveEngineOver, type ServeOptions } from './channels/serve-engine-over.ts';
export { socketWire, type Wire, type WireSocket } from './channels/wire.ts';
