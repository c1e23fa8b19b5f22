import { readFile } from 'node:fs/promises';
import { Failure } from '@gantry/base';
import { type Credentials, parseJson } from '@gantry/oci';
import * as z from 'zod';
import { errnoOf } from '@gantry/linux';
import { registryDomain } from './registry-login.ts';

/** The `config.json` that `docker login` writes, as far as it bears on registries. */
const clientConfig = z.object({
  auths: z.record(z.string(), z.object({ auth: z.string().optional(), identitytoken: z.string().optional() })).default({}),
});

/** Whom a registry (the domain of a name) knows; undefined: nobody. */
export type Logins = (domain: string) => Credentials | undefined;

export const noLogins: Logins = () => undefined;

/**
 * The logins of a Docker client's configuration; none where there is no such file. Programs that keep them elsewhere (`credsStore`, `credHelpers`) are not
 * asked. Fails with `invalid` for what is no such file.
 */
export async function readLogins(path: string | undefined): Promise<Logins> {
  if (path === undefined) return noLogins;
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return noLogins;
    throw new Failure('invalid', `cannot read the logins in ${path}: ${Failure.from(cause).message}`, { cause });
  }
  const { auths } = parseJson(clientConfig, path, bytes);
  const logins = new Map(
    Object.entries(auths)
      .map(([server, { auth = '', identitytoken: identityToken = '' }]) => {
        const [username = '', ...password] = Buffer.from(auth, 'base64').toString().split(':');
        return [registryDomain(server), { username, password: password.join(':'), identityToken }] as const;
      })
      .filter(([, { username, identityToken }]) => username !== '' || identityToken !== ''),
  );
  return (domain) => logins.get(domain);
}
