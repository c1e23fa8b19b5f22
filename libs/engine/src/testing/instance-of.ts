import { createHash } from 'node:crypto';

/** The six hex digits in the names of all that the engine of a data root makes in the kernel. */
export const instanceOf = (dataRoot: string): string => createHash('sha256').update(dataRoot).digest('hex').slice(0, 6);
