export { type Mount, mountOf, readMounts } from './mounts/mountinfo.ts';
export type { OverlayMount } from './mounts/overlay.ts';
export type { BoundSocket, SocketRequest } from './namespaces/socket-operations.ts';
export { openUserNamespace, type UserNamespace } from './namespaces/user-namespace.ts';
export { bytesToIp, ipToBytes } from './netlink/ip-bytes.ts';
export { type Kernel, openKernel } from './thread/kernel.ts';
export type { KernelOptions } from './thread/kernel-operations.ts';
export { AttachSocket, type AttachOutput } from './conmon/attach-socket.ts';
export { reopenLog, resizeTerminal } from './conmon/control-fifo.ts';
export { endProcessesOf } from './conmon/end-processes-of.ts';
export { ExitDirectory, type ExitRecord } from './conmon/exit-directory.ts';
export { startMonitoredExec, type MonitoredExec } from './conmon/exec-monitor.ts';
export { bootId, identifyProcess, isAlive, signalProcess, type ProcessIdentity } from './conmon/process-identity.ts';
export { type ExecMonitorRequest, type MonitorRequest } from './conmon/monitor-command.ts';
export { startMonitor, type Monitor } from './conmon/start-monitor.ts';
export { endLeftExec, startPipedExec, type PipedExec, type PipedExecPlace } from './crun/piped-exec.ts';
export { runCommand, type CommandResult } from './crun/run-command.ts';
export { findProgram, Runtime, type RuntimeSettings } from './crun/runtime.ts';
export { isOlder, runtimeVersionFloor } from './crun/runtime-version.ts';
export type { LinkAddress } from './netlink/addresses.ts';
export { type Cable, type Cidr, parseCidr } from './netlink/link-operations.ts';
export type { Link, LinkCounters } from './netlink/links.ts';
export type { Route } from './netlink/routes.ts';
export { ipvlanModes, macvlanModes, type UpperMode, type Vxlan } from './netlink/upper-links.ts';
export { type CgroupLayout, cgroupRoot, detectCgroups } from './cgroups/cgroup-layout.ts';
export { limitSupport, type LimitSupport } from './cgroups/limit-support.ts';
export { type CgroupCounters, GroupCounters } from './cgroups/cgroup-counters.ts';
export type { BlockIoEntry, CgroupMetrics, Pressure } from './cgroups/cgroup-metrics.ts';
export { MemoryKills } from './cgroups/memory-kills.ts';
export { type CgroupPath, Cgroups } from './cgroups/cgroups.ts';
export { delegatedGroup } from './cgroups/delegated-group.ts';
export {
  type CpuTicks,
  type HostMetrics,
  type NetDev,
  parseNetDev,
  readFileSystem,
  readHostCpu,
  readHostMetrics,
  readNetDev,
} from './host/host-metrics.ts';
export { type SpliceGroup, Splicer, type SplicerSettings } from './splice/splicer.ts';
export { TrafficCounters } from './host/traffic-counters.ts';
export { startInTerminal, type TerminalProcess, type TerminalRequest, type TerminalSize } from './terminals/start-in-terminal.ts';
export { lockDirectory } from './system/lock-directory.ts';
export * from './files/index.ts';
