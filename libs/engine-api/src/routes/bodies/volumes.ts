import { anything, labels, struct, text } from './go-types.ts';

export const volumeCreate = struct({ Name: text, Driver: text, DriverOpts: labels, Labels: labels, ClusterVolumeSpec: anything });
