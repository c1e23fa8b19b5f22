import { Failure } from '@gantry/base';
import type { Engine, EngineRequest, EngineResponse } from '../engine.ts';
import { failureStatus } from '../failure-status.ts';
import { json } from '../replies.ts';
import { askUpstream } from './ask-upstream.ts';
import { OutgoingBody } from './outgoing-body.ts';
import { UpstreamPool } from './upstream.ts';

export interface DockerEngineOptions {
  /** The daemon's unix socket, as /var/run/docker.sock. */
  readonly socketPath: string;
}

/**
 * The engine that a Docker or Podman of this host is, driven by its socket. What is sent on is the request as it stands: target, end-to-end headers,
 * body, the offered upgrade. A daemon that cannot be reached is answered with 503, one that breaks off or speaks no HTTP with 502, both `{message}`.
 * Our own routes (`/gantry/…`) it does not know: whoever drives it answers them.
 * An aborted request cancels at the daemon by closing its connection. Disposing closes the idle connections.
 */
export function dockerEngine({ socketPath }: DockerEngineOptions): Engine & Disposable {
  const pool = new UpstreamPool(socketPath);
  const engine: Engine = async (request) => {
    const body = await OutgoingBody.of(request);
    try {
      return await ask(pool, request, body);
    } catch (thrown) {
      body.stop();
      const failure = Failure.from(thrown);
      if (request.signal.aborted || failure.code === 'cancelled') throw failure;
      const { status } = failure.details;
      return json(status === undefined ? failureStatus[failure.code] : 502, { message: failure.message });
    }
  };
  return Object.assign(engine, { [Symbol.dispose]: () => pool[Symbol.dispose]() });
}

async function ask(pool: UpstreamPool, request: EngineRequest, body: OutgoingBody): Promise<EngineResponse> {
  const mayRepeat = (request.method === 'GET' || request.method === 'HEAD') && request.upgrade === 'none' && body.framing === 'none';
  const idle = mayRepeat ? pool.takeIdle() : undefined;
  if (idle) {
    try {
      return await askUpstream(idle, { request, body, pool });
    } catch {
      // The daemon closed it while it was idle, most likely: a new connection shows.
      request.signal.throwIfAborted();
    }
  }
  return askUpstream(await pool.open(request.signal), { request, body, pool });
}
