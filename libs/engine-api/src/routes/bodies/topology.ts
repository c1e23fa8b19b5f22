import { integer, struct, text } from './go-types.ts';

/** Can the container reach the host at the TCP port? */
export const topologyProbe = struct({ Container: text, Host: text, Port: integer });
