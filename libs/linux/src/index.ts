export type { Mount } from './mounts/mountinfo.ts';
export type { MountAttribute, MountRequest, Propagation } from './mounts/mount-operations.ts';
export type { OverlayMount } from './mounts/overlay.ts';
export type { BoundSocket, SocketRequest } from './namespaces/socket-operations.ts';
export { bytesToIp, ipToBytes } from './netlink/ip-bytes.ts';
export { errnoOf } from './system/system-failure.ts';
export { type Kernel, openKernel } from './thread/kernel.ts';
export type { KernelOptions } from './thread/kernel-operations.ts';
