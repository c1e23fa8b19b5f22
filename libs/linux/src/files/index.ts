// What threads that work with files need: without the kernel's other calls, so that they start quickly.
export { copyTree, type TreeCopy } from './copy-tree.ts';
export type { FileAttributes, FileLook, NewFile } from './file-handles.ts';
export { deviceOf, timeOf } from './file-stats.ts';
export { FileTree, type FileNode } from './file-tree.ts';
export { hostId, hostOwner, hostRoot, type IdMapping, type IdRange, type Owner } from './id-mapping.ts';
export { namesIn } from './names-in.ts';
export { treePath } from './tree-path.ts';
export { bindBelow, type BindBelow } from '../mounts/bind-below.ts';
export { type EnteredView, enterMountView, type MountView, type ViewLayers, type ViewMount } from '../mounts/mount-view.ts';
export { throughProgram } from '../system/through-program.ts';
export { type MountAttribute, type MountRequest, mountOperations, type Propagation } from '../mounts/mount-operations.ts';
export { errnoOf } from '../system/system-failure.ts';
