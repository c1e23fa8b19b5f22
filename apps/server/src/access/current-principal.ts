import { Failure } from '@gantry/base';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import type { Principal } from '../sessions/principal.ts';

const principals = new WeakMap<Request, Principal>();

/** Remembers who the guard found behind a request. */
export function remember(request: Request, principal: Principal): void {
  principals.set(request, principal);
}

export function principalOf(request: Request): Principal | undefined {
  return principals.get(request);
}

/** Whoever the guard found; a row that is open to everybody has nobody. */
export const CurrentPrincipal = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const principal = principalOf(context.switchToHttp().getRequest<Request>());
  if (!principal) throw new Failure('unauthenticated', 'sign in first');
  return principal;
});
