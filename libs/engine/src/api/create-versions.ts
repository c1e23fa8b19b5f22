import { Failure } from '@gantry/base';
import { type ApiVersion, messages } from '@gantry/engine-api';
import type { CreateBody } from '../containers/container-config.ts';

/** What a create body of an older or newer version of the API may not say (`invalid`), and what it is warned of. */
export function createWarnings(version: ApiVersion, body: CreateBody): string[] {
  const networks = Object.keys(body.NetworkingConfig?.EndpointsConfig ?? {});
  if (networks.length > 1 && !version.atLeast('1.44')) throw new Failure('invalid', messages.severalEndpoints(networks));
  return version.atLeast('1.44') && (body.MacAddress ?? '') !== '' ? [messages.macAddressDeprecated] : [];
}

/** What a version of the API does not know counts for nothing in it. */
export function knownBody(version: ApiVersion, body: CreateBody): CreateBody {
  if (!body.Healthcheck || version.atLeast('1.44')) return body;
  return { ...body, Healthcheck: { ...body.Healthcheck, StartInterval: 0 } };
}
