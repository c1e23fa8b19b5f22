import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../config.ts';
import { Trouble } from '../trouble.ts';
import { findDocker } from './docker-answers.ts';

/** Which engine this host gets: told, chosen before, or by what answers now. `docker` comes with its socket. */
export async function engineOfHost(settings: Settings): Promise<{ kind: 'native' } | { kind: 'docker'; socket: string }> {
  const { engine, dockerSocket, dataRoot } = settings;
  const wish = engine === 'auto' ? chosenBefore(dataRoot) : engine;
  if (wish === 'native') return { kind: 'native' };
  const socket = await findDocker(dockerSocket === undefined ? undefined : [dockerSocket]);
  if (socket !== undefined) return { kind: 'docker', socket };
  if (wish === undefined) return { kind: 'native' };
  const where = dockerSocket ?? 'the usual sockets';
  throw new Trouble(`no Docker or Podman answers on ${where}: start it, or choose Gantry's own engine with --engine native`);
}

/** A host that has containers of our own keeps its engine, whatever else is installed later; the agent writes it down. */
function chosenBefore(dataRoot: string): 'native' | 'docker' | undefined {
  const path = join(dataRoot, 'agent', 'engine.json');
  if (!existsSync(path)) return undefined;
  try {
    const { kind } = JSON.parse(readFileSync(path, 'utf8')) as { kind?: unknown };
    return kind === 'native' || kind === 'docker' ? kind : undefined;
  } catch {
    return undefined;
  }
}
