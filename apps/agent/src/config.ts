import { Failure } from '@gantry/base';
import { z } from 'zod';

const Environment = z.object({ GANTRY_SERVER_URL: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:7443') });

export interface AgentConfig {
  readonly serverUrl: string;
}

/** Reads the agent's settings; fails with `invalid` and names the wrong ones. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): AgentConfig {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) throw new Failure('invalid', `wrong setting: ${z.prettifyError(parsed.error)}`);
  return Object.freeze({ serverUrl: parsed.data.GANTRY_SERVER_URL });
}
