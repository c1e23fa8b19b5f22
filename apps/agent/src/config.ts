import { parseArgs } from 'node:util';
import { Failure } from '@gantry/base';
import * as z from 'zod/mini';

const path = z.string().check(z.minLength(1));
const Url = z.url({ protocol: /^https?$/, error: 'is not an http or https address' });

const Environment = z.object({
  GANTRY_SERVER_URL: z.optional(Url),
  GANTRY_ENGINE: z._default(z.enum(['auto', 'native', 'docker'], { error: 'is not auto, native or docker' }), 'auto'),
  GANTRY_DOCKER_SOCKET: z.optional(path),
  GANTRY_DATA_ROOT: z._default(path, '/var/lib/gantry'),
  GANTRY_RUN_ROOT: z._default(path, '/run/gantry'),
  DOCKER_CONFIG: z.optional(path),
  HOME: z.optional(path),
});

export type EngineWish = 'auto' | 'native' | 'docker';

interface Roots {
  readonly dataRoot: string;
  readonly runRoot: string;
}

/** What this process is to do. */
export type AgentConfig =
  /** Serve this host's engine to the server that it joined; `codeFile` is read, once it appears, by a host that has not joined yet. */
  | (Roots & {
      readonly mode: 'run';
      readonly engine: EngineWish;
      readonly dockerSocket: string | undefined;
      readonly serverUrl: string | undefined;
      readonly codeFile: string | undefined;
    })
  /** Join a server and end; the code comes from the file or from standard input. */
  | (Roots & {
      readonly mode: 'join';
      readonly engine: EngineWish;
      readonly dockerSocket: string | undefined;
      readonly serverUrl: string;
      readonly codeFile: string | undefined;
    })
  /** Hash what the native engine stores of images, repair it with the logins that a Docker client keeps in the file, and end. */
  | (Roots & { readonly mode: 'verify'; readonly configFile: string | undefined; readonly loginsFile: string | undefined })
  /** The native engine alone on a socket, without a server. */
  | (Roots & { readonly mode: 'engine'; readonly socket: string; readonly configFile: string | undefined });

const option = { type: 'string' } as const;

/** Reads the agent's words and settings; fails with `invalid` and names the wrong ones. */
export function readConfig(words = process.argv.slice(2), environment: NodeJS.ProcessEnv = process.env): AgentConfig {
  const [mode = 'run', ...rest] = words[0]?.startsWith('-') === false ? words : ['run', ...words];
  const set = readEnvironment(environment);
  const roots = { dataRoot: set.GANTRY_DATA_ROOT, runRoot: set.GANTRY_RUN_ROOT };
  const wish = { engine: set.GANTRY_ENGINE, dockerSocket: set.GANTRY_DOCKER_SOCKET };
  switch (mode) {
    case 'run': {
      const { 'code-file': codeFile } = readFlags(rest, { 'code-file': option });
      return { mode, ...roots, ...wish, serverUrl: set.GANTRY_SERVER_URL, codeFile };
    }
    case 'join': {
      const { url, 'code-file': codeFile } = readFlags(rest, { url: option, 'code-file': option });
      return { mode, ...roots, ...wish, serverUrl: checkUrl(url), codeFile };
    }
    case 'engine': {
      const flags = readFlags(rest, { socket: option, 'data-root': option, 'run-root': option, 'config-file': option });
      const given = { dataRoot: flags['data-root'] ?? roots.dataRoot, runRoot: flags['run-root'] ?? roots.runRoot };
      return { mode, ...given, socket: flags.socket ?? `${given.runRoot}/docker.sock`, configFile: flags['config-file'] };
    }
    case 'verify': {
      const flags = readFlags(rest, { 'data-root': option, 'run-root': option, 'config-file': option });
      const given = { dataRoot: flags['data-root'] ?? roots.dataRoot, runRoot: flags['run-root'] ?? roots.runRoot };
      return { mode, ...given, configFile: flags['config-file'], loginsFile: loginsFile(set) };
    }
    default:
      throw new Failure('invalid', `unknown command ${mode}: the agent knows run, join, engine and verify`);
  }
}

/** Where the docker CLI of this user keeps what `docker login` was told. */
function loginsFile({ DOCKER_CONFIG, HOME }: z.infer<typeof Environment>): string | undefined {
  const directory = DOCKER_CONFIG ?? (HOME === undefined ? undefined : `${HOME}/.docker`);
  return directory === undefined ? undefined : `${directory}/config.json`;
}

function readEnvironment(environment: NodeJS.ProcessEnv): z.infer<typeof Environment> {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = z.safeParse(Environment, set);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = String(issue?.path[0]);
  throw new Failure('invalid', `wrong setting: ${name}=${set[name] ?? ''} ${issue?.message ?? ''}`);
}

function readFlags<const T extends Record<string, typeof option>>(words: readonly string[], options: T): { [K in keyof T]?: string } {
  try {
    return parseArgs({ args: [...words], options, strict: true }).values;
  } catch (cause) {
    const [sentence = ''] = (cause as Error).message.split('. ');
    throw new Failure(
      'invalid',
      sentence.replace(/^./, (letter) => letter.toLowerCase()),
      { cause },
    );
  }
}

function checkUrl(url: string | undefined): string {
  if (url === undefined) throw new Failure('invalid', 'join needs --url, the address of the server');
  const parsed = z.safeParse(Url, url);
  if (!parsed.success) throw new Failure('invalid', `--url ${url} is not an http or https address`);
  return new URL(parsed.data).origin;
}
