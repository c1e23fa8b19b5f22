export { type PowerCut, shutDownFileSystem } from './shut-down-file-system.ts';
