import { once } from 'node:events';
import { chmod, lstat, rename, rm } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { Failure } from '@gantry/base';

/** The kernel's sun_path holds 108 bytes with its end; ours is bound under a name two bytes longer first. */
const longestPathBytes = 105;

/**
 * Binds a server to a unix socket that nobody can connect to before it has its mode. A socket that a dead process left is replaced; one that
 * answers is a conflict. Answers what removes the socket again, unless it is another's by then.
 */
export async function listenOnPath(server: Server, path: string, mode: number): Promise<() => Promise<void>> {
  if (Buffer.byteLength(path) > longestPathBytes)
    throw new Failure('invalid', `the socket path is longer than ${longestPathBytes} bytes: ${path}`);
  await refuseForeign(path);
  const unfinished = `${path}~n`;
  await rm(unfinished, { force: true });
  server.listen(unfinished);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new Failure('unavailable', `cannot listen on ${path}: ${(cause as Error).message}`, { cause });
  }
  await chmod(unfinished, mode);
  await rename(unfinished, path);
  const { ino } = await lstat(path);
  return async () => {
    const now = await lstat(path).catch(() => undefined);
    if (now?.ino === ino) await rm(path, { force: true });
  };
}

async function refuseForeign(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (!found) return;
  if (!found.isSocket()) throw new Failure('conflict', `${path} exists and is no socket`);
  if (await answers(path)) throw new Failure('conflict', `another process listens on ${path}`);
}

async function answers(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
