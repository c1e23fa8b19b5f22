import { realpath } from 'node:fs/promises';
import { Failure } from '@gantry/base';
import type { Engine } from '@gantry/engine-api';
import type { HostFacts } from '@gantry/link';
import * as z from 'zod/mini';
import { askJson } from './ask-engine.ts';

/** Where a Docker or a Podman answers on an ordinary host. */
export const usualSockets = ['/var/run/docker.sock', '/run/docker.sock', '/run/podman/podman.sock'] as const;

const Version = z.object({
  Version: z.optional(z.string()),
  ApiVersion: z.optional(z.string()),
  Components: z.optional(z.array(z.object({ Name: z.string() }))),
});
/** A Podman that has just started runs three programs before it says its version, on a machine that may be busy; given up, it would count as none. */
const answerLimitMs = 20_000;

export interface FoundEngine {
  readonly socketPath: string;
  readonly engine: Engine;
  readonly facts: HostFacts['engine'];
}

/** What kind of engine this is and which version; fails as the engine does. */
export async function describeEngine(engine: Engine, signal: AbortSignal): Promise<HostFacts['engine']> {
  const answered = z.parse(Version, await askJson(engine, '/version', AbortSignal.any([signal, AbortSignal.timeout(answerLimitMs)])));
  const names = (answered.Components ?? []).map(({ Name }) => Name);
  const isNamed = (word: string): boolean => names.some((name) => name.toLowerCase().includes(word));
  const kind = isNamed('gantry') ? 'native' : isNamed('podman') ? 'podman' : 'docker';
  return { kind, version: answered.Version ?? '', apiVersion: answered.ApiVersion ?? '' };
}

/** The first socket where a Docker or a Podman answers; an engine of Gantry's own (the docker-socket link) is passed over. */
export async function findDocker(
  paths: readonly string[],
  connect: (socketPath: string) => Engine,
  signal: AbortSignal,
): Promise<FoundEngine | undefined> {
  const seen = new Set<string>();
  for (const path of paths) {
    const socketPath = await realpath(path).catch(() => undefined);
    if (socketPath === undefined || seen.has(socketPath)) continue;
    seen.add(socketPath);
    const engine = connect(socketPath);
    try {
      const facts = await describeEngine(engine, signal);
      if (facts.kind !== 'native') return { socketPath, engine, facts };
    } catch (thrown) {
      if (signal.aborted) throw Failure.from(thrown);
    }
  }
  return undefined;
}
