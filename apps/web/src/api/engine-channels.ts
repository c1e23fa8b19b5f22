import type { EngineClient } from '@gantry/engine-api/client';
import { engineOn } from './engine.ts';

/** The engine of a host over the page's socket: for what streams (logs, terminals) and is held back by its reader. */
export function streamingEngineOn(host: string): EngineClient {
  return engineOn(host);
}
