import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { Failure } from '@gantry/base';
import { certificateFile } from './config.ts';

/** Docker's place for certificates of one registry: `<directory>/<host:port>/{*.crt,client.cert,client.key}`. */
export const defaultCertificatesDirectory = '/etc/docker/certs.d';

/**
 * Whom a registry's connection believes: Node's own list with NODE_EXTRA_CA_CERTS, the system's store, SSL_CERT_FILE, and the files for that
 * registry. Read anew for each pull, so that a new file needs no restart; the same content is the same context. Fails with `precondition` and names the file that cannot be used.
 */
export function registryTrust(directory = defaultCertificatesDirectory): (host: string) => Promise<SecureContext> {
  const contexts = new Map<string, SecureContext>();
  return async (host) => {
    const own = await certificatesOf(join(directory, host));
    const key = JSON.stringify([host, own]);
    const known = contexts.get(key);
    if (known !== undefined) return known;
    const context = await contextOf(own);
    contexts.clear();
    contexts.set(key, context);
    return context;
  };
}

interface OwnCertificates {
  readonly ca: readonly string[];
  readonly cert?: string;
  readonly key?: string;
}

async function certificatesOf(directory: string): Promise<OwnCertificates> {
  const names: string[] = await readdir(directory).catch(() => []);
  const read = (name: string): Promise<string> => readFile(join(directory, name), 'utf8');
  const ca = await Promise.all(names.filter((name) => name.endsWith('.crt')).map(read));
  const client = names.find((name) => name.endsWith('.cert'));
  if (client === undefined) return { ca };
  const keyName = client.replace(/cert$/, 'key');
  if (!names.includes(keyName))
    throw new Failure('precondition', `missing key ${keyName} for client certificate ${client} in ${directory}`);
  return { ca, cert: await read(client), key: await read(keyName) };
}

async function contextOf(own: OwnCertificates): Promise<SecureContext> {
  const file = certificateFile();
  const extra = file === undefined ? [] : [await readFile(file, 'utf8').catch(unreadable(file))];
  const ca = [...new Set([...getCACertificates('default'), ...getCACertificates('system'), ...extra, ...own.ca])];
  try {
    return createSecureContext({ ca, ...(own.cert === undefined ? {} : { cert: own.cert, key: own.key }) });
  } catch (cause) {
    throw new Failure('precondition', `a certificate for the registry cannot be used: ${Failure.from(cause).message}`, { cause });
  }
}

function unreadable(file: string): (cause: unknown) => never {
  return (cause) => {
    throw new Failure('precondition', `the certificates in ${file} (SSL_CERT_FILE) cannot be read`, { cause });
  };
}
