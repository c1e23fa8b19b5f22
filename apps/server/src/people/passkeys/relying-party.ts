import { isIP } from 'node:net';
import { Failure } from '@gantry/base';

/** To whom a passkey belongs, as browsers see it: the name in the address, at the exact origin. */
export interface RelyingParty {
  readonly id: string;
  readonly origin: string;
}

/**
 * The relying party of a page. `unsupported` where browsers give no passkey: at an IP address, and by plain http anywhere but on localhost. Whether the
 * browser trusts the certificate only it can say.
 */
export function relyingPartyOf(origin: string | undefined): RelyingParty {
  const { hostname: id, protocol } = new URL(origin ?? 'http://unknown');
  const isAddress = isIP(id) !== 0 || id.startsWith('[');
  if (isAddress || (protocol !== 'https:' && id !== 'localhost'))
    throw new Failure('unsupported', `browsers allow passkeys only at a name with https, not at ${origin ?? 'an unknown page'}`);
  return { id, origin: origin ?? '' };
}
