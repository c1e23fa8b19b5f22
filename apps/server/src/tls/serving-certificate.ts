import { constants } from 'node:crypto';
import type { Server } from 'node:https';
import { Failure } from '@gantry/base';
import { Logger } from '@nestjs/common';
import type { ServerConfig } from '../config.ts';
import type { Certified } from './authority.ts';
import { ownNames } from './own-names.ts';
import type { ServerKeys } from './server-keys.ts';

const lookEveryMs = 60_000;

/** The certificate for the names and addresses that this server has now. */
export function openCertificate(keys: ServerKeys, config: ServerConfig): Promise<Certified> {
  return keys.leaf(ownNames(config));
}

export interface ServedCertificate {
  readonly first: Certified;
  readonly keys: ServerKeys;
  readonly config: ServerConfig;
  /** Whose client certificates are asked for; none are where nothing is said. */
  readonly clientAuthority?: string;
}

/** Looks each minute whether the certificate still fits (a new address, its last month) and puts a new one in place without a restart. */
export function keepCertificate(server: Server, certificates: ServedCertificate): Disposable {
  const log = new Logger('tls');
  const { first, keys, config, clientAuthority: ca } = certificates;
  let served = first.certificate;
  const look = async (): Promise<void> => {
    const { key, certificate } = await openCertificate(keys, config);
    if (certificate !== served)
      server.setSecureContext({
        key,
        cert: certificate,
        ...(ca === undefined ? {} : { ca, secureOptions: constants.SSL_OP_NO_TICKET }),
        minVersion: 'TLSv1.2',
      });
    served = certificate;
  };
  const timer = setInterval(() => {
    look().catch((thrown: unknown) => log.error(`the certificate was not renewed: ${Failure.from(thrown).message}`));
  }, lookEveryMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
