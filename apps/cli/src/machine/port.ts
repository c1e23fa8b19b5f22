import { createServer } from 'node:net';
import { Trouble } from '../trouble.ts';

/** Fails where the port cannot be listened on; before anything is installed or started for it. */
export async function refuseTakenPort(port: number, listen: string | undefined): Promise<void> {
  if (port === 0) return;
  const server = createServer();
  const problem = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    server.once('error', resolve);
    server.listen({ port, ...(listen === undefined ? {} : { host: listen }) }, () => server.close(() => resolve(undefined)));
  });
  if (!problem) return;
  const where = listen === undefined ? `port ${port}` : `port ${port} of ${listen}`;
  if (problem.code === 'EADDRINUSE') throw new Trouble(`${where} is in use: is Gantry running already? Choose another one with --port`);
  if (problem.code === 'EACCES') throw new Trouble(`${where} needs root: choose one above 1023 with --port`);
  throw new Trouble(`cannot listen on ${where}: ${problem.message}`);
}
