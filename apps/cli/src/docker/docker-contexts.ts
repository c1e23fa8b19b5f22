import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { dockerConfigRoot } from '../config.ts';

/** What `gantry login` writes down of a context that it made, in the context's own metadata. */
export interface LoginMark {
  /** The origin of the server. */
  readonly server: string;
  readonly hostId: string;
  readonly hostName: string;
  /** Of the certificate: the id that it carries. */
  readonly certificate: string;
  readonly expiresAt: string;
  /** By which authority the server itself proves what it is: that in `ca.pem`, or one of the system's. */
  readonly trust: 'own' | 'system';
}

export interface GantryContext {
  readonly name: string;
  /** As `tcp://gantry.example.org:7444/engine/<host>`. */
  readonly host: string;
  readonly mark: LoginMark;
}

/** PEM each. */
export interface ContextKeys {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** The docker CLI's contexts below its configuration directory, in the form that the CLI itself writes (docker/cli, context/store): it need not be there. */
export class DockerContexts {
  readonly #root: string;

  constructor(configRoot = dockerConfigRoot()) {
    this.#root = join(configRoot, 'contexts');
  }

  /** Those that `gantry login` made, by name. */
  list(): GantryContext[] {
    const found = this.#directories().flatMap((directory) => {
      const read = readMeta(join(this.#root, 'meta', directory, 'meta.json'));
      return read && directoryOf(read.name) === directory ? [read] : [];
    });
    return found.flatMap(({ mark, ...context }) => (mark ? [{ ...context, mark }] : [])).sort((a, b) => a.name.localeCompare(b.name));
  }

  /** Whether a context has the name that is not ours. */
  isForeign(name: string): boolean {
    const isOurs = this.list().some((context) => context.name === name);
    return !isOurs && this.#directories().includes(directoryOf(name));
  }

  /** Writes a context, or writes it anew: what it needs first, and its metadata last, each at once and whole and for nobody else to read. */
  write({ name, host, mark }: GantryContext, { ca, cert, key }: ContextKeys): void {
    const files = this.#keysOf(name);
    for (const [file, content] of Object.entries({ 'ca.pem': ca, 'cert.pem': cert, 'key.pem': key })) put(join(files, file), content);
    const meta = {
      Name: name,
      Metadata: { Description: `${mark.hostName} of ${mark.server}`, Gantry: mark },
      Endpoints: { docker: { Host: host, SkipTLSVerify: false } },
    };
    put(join(this.#root, 'meta', directoryOf(name), 'meta.json'), JSON.stringify(meta));
  }

  keys(name: string): ContextKeys {
    const read = (file: string): string => readFileSync(join(this.#keysOf(name), file), 'utf8');
    return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') };
  }

  /** Undefined where somebody took the files away. */
  keysIfThere(name: string): ContextKeys | undefined {
    try {
      return this.keys(name);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw thrown;
    }
  }

  remove(name: string): void {
    for (const part of ['meta', 'tls']) rmSync(join(this.#root, part, directoryOf(name)), { recursive: true, force: true });
  }

  #keysOf(name: string): string {
    return join(this.#root, 'tls', directoryOf(name), 'docker');
  }

  #directories(): string[] {
    try {
      return readdirSync(join(this.#root, 'meta'));
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw thrown;
    }
  }
}

/** The CLI names directories by the hash of the context's name. */
function directoryOf(name: string): string {
  return createHash('sha256').update(name).digest('hex');
}

function put(file: string, content: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const partial = `${file}.partial`;
  rmSync(partial, { force: true });
  writeFileSync(partial, content, { mode: 0o600, flag: 'wx' });
  renameSync(partial, file);
}

/** What others wrote may be anything: a context that cannot be read is none of ours. */
function readMeta(file: string): { name: string; host: string; mark: LoginMark | undefined } | undefined {
  try {
    const meta = JSON.parse(readFileSync(file, 'utf8')) as {
      Name?: unknown;
      Metadata?: { Gantry?: unknown };
      Endpoints?: { docker?: { Host?: unknown } };
    };
    const [name, host, mark] = [meta.Name, meta.Endpoints?.docker?.Host, meta.Metadata?.Gantry];
    return typeof name === 'string' && typeof host === 'string' ? { name, host, mark: isMark(mark) ? mark : undefined } : undefined;
  } catch {
    return undefined;
  }
}

function isMark(value: unknown): value is LoginMark {
  if (typeof value !== 'object' || value === null) return false;
  const fields = ['server', 'hostId', 'hostName', 'certificate', 'expiresAt', 'trust'];
  return fields.every((field) => typeof (value as Record<string, unknown>)[field] === 'string');
}
