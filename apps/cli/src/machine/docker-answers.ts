import { realpathSync } from 'node:fs';
import { request } from 'node:http';

/** Where a Docker or a Podman answers on an ordinary host. */
const usualSockets = ['/var/run/docker.sock', '/run/docker.sock', '/run/podman/podman.sock'];
const limitMs = 3000;

/** The socket of a Docker or Podman that answers; Gantry's own engine behind a link is none. */
export async function findDocker(paths: readonly string[] = usualSockets): Promise<string | undefined> {
  for (const path of new Set(paths.flatMap(resolved))) {
    const version = await askVersion(path);
    if (version !== undefined && !/"Name":\s*"[^"]*gantry/i.test(version)) return path;
  }
  return undefined;
}

function resolved(path: string): string[] {
  try {
    return [realpathSync(path)];
  } catch {
    return [];
  }
}

function askVersion(socketPath: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asking = request({ socketPath, path: '/version', timeout: limitMs }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(response.statusCode === 200 ? Buffer.concat(chunks).toString() : undefined));
      response.on('error', () => resolve(undefined));
    });
    asking.on('timeout', () => asking.destroy());
    asking.on('error', () => resolve(undefined));
    asking.end();
  });
}
