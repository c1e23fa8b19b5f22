import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below those that Linux gives out by itself (from 32768 on): what another test listens on or connects from in the meantime is none of these. */
const [lowest, most] = [10_000, 20_000];

/** A port on which nobody listens at an address (`::`: at any), for a program that has to be told one, or that has to come back on the same. */
export async function unusedPort(address = '127.0.0.1'): Promise<number> {
  for (;;) {
    const port = lowest + randomInt(most);
    const server = createServer();
    try {
      server.listen(port, address);
      await once(server, 'listening');
    } catch {
      continue;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}
