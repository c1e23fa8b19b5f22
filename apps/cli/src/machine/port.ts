import { type AddressInfo, createServer } from 'node:net';
import { Trouble } from '../trouble.ts';

/** The port to listen on; for 0 one that is free now. Fails where it cannot be had; before anything is installed or started for it. */
export async function choosePort(port: number, listen: string | undefined, flag = '--port'): Promise<number> {
  const server = createServer();
  const found = await new Promise<NodeJS.ErrnoException | number>((resolve) => {
    server.once('error', resolve);
    server.listen({ port, ...(listen === undefined ? {} : { host: listen }) }, () => {
      const { port: taken } = server.address() as AddressInfo;
      server.close(() => resolve(taken));
    });
  });
  if (typeof found === 'number') return found;
  const where = listen === undefined ? `port ${port}` : `port ${port} of ${listen}`;
  if (found.code === 'EADDRINUSE') throw new Trouble(`${where} is in use: is Gantry running already? Choose another one with ${flag}`);
  if (found.code === 'EACCES') throw new Trouble(`${where} needs root: choose one above 1023 with ${flag}`);
  if (found.code === 'EADDRNOTAVAIL') throw new Trouble(`cannot listen on ${where}: this machine has no address ${listen ?? ''}`);
  throw new Trouble(`cannot listen on ${where}: ${found.message}`);
}
