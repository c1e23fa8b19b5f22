import type { EngineRequest, Route } from '@gantry/engine-api';
import type { Principal } from '../sessions/principal.ts';

/** A page that asks for a container with this header wants the values of its variables, too: that is written down. It goes no further than here. */
const revealHeader = 'x-gantry-reveal';

export function asksToReveal({ name }: Pick<Route, 'name'>, { headers }: Pick<EngineRequest, 'headers'>): boolean {
  return name === 'ContainerInspect' && headers.get(revealHeader) === '1';
}

/**
 * Whether an inspect tells values to whoever may see them. Programs (docker, compose) cannot work without; a browser gets them only where a person asked
 * to see them, so that looking at a container puts no secrets on a page, and that somebody looked at the secrets is known.
 */
export function tellsValues(
  { isReveal }: { readonly isReveal?: true },
  { isToken, certificate }: Pick<Principal, 'isToken' | 'certificate'>,
): boolean {
  return isReveal === true || isToken === true || certificate !== undefined;
}
