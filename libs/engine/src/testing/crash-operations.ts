import { crashContainers } from './crash-containers.ts';
import { crashImages } from './crash-images.ts';
import { crashNetworks } from './crash-networks.ts';
import type { CrashOperations } from './crash-operation.ts';
import { crashRunning } from './crash-running.ts';

/** What is cut off, and where. */
export const crashOperations: CrashOperations = { ...crashImages, ...crashContainers, ...crashRunning, ...crashNetworks };
