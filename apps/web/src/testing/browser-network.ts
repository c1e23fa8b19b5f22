import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const insidePort = 1080;
const forwarder = fileURLToPath(new URL('forward-inside.ts', import.meta.url));

export interface BrowserNetwork extends AsyncDisposable {
  /** Starts the browser in its network. */
  readonly executablePath: string;
  readonly proxy: string;
  /** Resolves when the way out is open. */
  readonly ready: Promise<undefined>;
}

/**
 * A network of the browser's own, with nothing but a loopback, and one way out to this machine's loopback: Chromium ends every connection when a link of
 * its network comes or goes, and on this machine other tests make and remove links all the time. Requests to elsewhere are refused.
 */
export async function openBrowserNetwork(directory: string, chromium: string): Promise<BrowserNetwork> {
  const path = join(directory, 'way-out.sock');
  const { promise: ready, resolve } = Promise.withResolvers<undefined>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy()));
    socket.once('data', (first) => (first[0] === 0 ? resolve(undefined) : answerProxyRequest(socket)));
  });
  server.listen(path);
  await once(server, 'listening');
  const executablePath = join(directory, 'chromium');
  await writeFile(executablePath, script(path, chromium));
  await chmod(executablePath, 0o700);
  return {
    executablePath,
    proxy: `socks5://127.0.0.1:${insidePort}`,
    ready,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** The browser replaces the shell, so that whoever started it holds its process; the forwarder must not hold what belongs to the browser's starter. */
function script(path: string, chromium: string): string {
  const asRoot = process.getuid?.() === 0 ? '' : '--map-root-user';
  return `#!/bin/sh
exec unshare --net ${asRoot} -- /bin/sh -c '
  ip link set lo up || exit 1
  "${process.execPath}" --disable-warning=ExperimentalWarning "${forwarder}" "${path}" ${insidePort} </dev/null >/dev/null 2>&1 3<&- 4>&- &
  exec "${chromium}" "$@"
' chromium "$@"
`;
}

/** What follows the greeting of SOCKS 5 (RFC 1928): no authentication, CONNECT to a name, as Chromium writes addresses, too. */
function answerProxyRequest(socket: Socket): void {
  socket.write(Uint8Array.of(5, 0));
  socket.once('data', (request) => {
    const [version, command, , kind, length = 0] = request;
    const name = request.subarray(5, 5 + length).toString('latin1');
    if (version !== 5 || command !== 1 || kind !== 3 || (name !== '127.0.0.1' && name !== 'localhost'))
      return socket.end(Uint8Array.of(5, 2, 0, 1, 0, 0, 0, 0, 0, 0));
    const target = connect(request.readUInt16BE(5 + length), '127.0.0.1', () => {
      socket.write(Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0));
      socket.pipe(target).pipe(socket);
    });
    socket.on('close', () => target.destroy());
    target.on('error', () => socket.destroy()).on('close', () => socket.end());
  });
}
