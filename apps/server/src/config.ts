import { Failure } from '@gantry/base';
import { z } from 'zod';

const Environment = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  GANTRY_DATA_ROOT: z.string().min(1).default('/var/lib/gantry'),
  GANTRY_RUN_ROOT: z.string().min(1).default('/run/gantry'),
  GANTRY_LISTEN: z.string().min(1).default('127.0.0.1'),
  GANTRY_PORT: z.coerce.number().int().min(0).max(65_535).default(7443),
});

export interface ServerConfig {
  /** An external PostgreSQL; undefined means the embedded one. */
  readonly databaseUrl: string | undefined;
  readonly dataRoot: string;
  readonly runRoot: string;
  readonly listen: string;
  /** 0 lets the kernel choose a free one. */
  readonly port: number;
}

/** Reads the server's settings; fails with `invalid` and names the wrong ones. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): ServerConfig {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) throw new Failure('invalid', `wrong setting: ${z.prettifyError(parsed.error)}`);
  return Object.freeze({
    databaseUrl: parsed.data.DATABASE_URL,
    dataRoot: parsed.data.GANTRY_DATA_ROOT,
    runRoot: parsed.data.GANTRY_RUN_ROOT,
    listen: parsed.data.GANTRY_LISTEN,
    port: parsed.data.GANTRY_PORT,
  });
}
