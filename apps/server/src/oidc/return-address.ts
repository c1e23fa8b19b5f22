import type { Request } from 'express';
import type { ServerConfig } from '../config.ts';

/** Where a provider sends people back to: below the address that people use, else the one that this request came to. It has to be registered with the provider. */
export function returnAddressOf({ url, tls }: ServerConfig, { headers }: Pick<Request, 'headers'>, providerKey: string): string {
  const origin = url ?? `${tls ? 'https' : 'http'}://${(headers.host ?? 'localhost').toLowerCase()}`;
  return `${origin}/api/session/providers/${providerKey}/callback`;
}
