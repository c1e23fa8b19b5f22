import { Failure } from '@gantry/base';
import { failureStatus } from '@gantry/engine-api';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { Request, Response } from 'express';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { principalOf } from '../access/current-principal.ts';
import { rowOf } from '../http/contract-row.ts';
import { Authenticator } from '../sessions/authenticator.ts';
import { AuditService } from './audit.service.ts';

/** Writes every change that somebody makes by REST to the audit log: the intent before, the outcome after. Bodies are not written: they may hold secrets. */
@Injectable()
export class AuditInterceptor implements NestInterceptor {
  constructor(
    private readonly audit: AuditService,
    private readonly authenticator: Authenticator,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const row = rowOf(context);
    const request = context.switchToHttp().getRequest<Request>();
    const principal = principalOf(request);
    // Sign-in and set-up have nobody behind them yet: their services write what they find.
    if (!row || row.method === 'GET' || row.access === 'public' || !principal) return next.handle();
    const address = this.authenticator.address(request);
    const { hostId } = request.params as { hostId?: string };
    const deed = { who: principal.name, userId: principal.userId, action: row.name, target: request.path, hostId: asUuid(hostId), address };
    return from(this.#run(deed, next, context.switchToHttp().getResponse<Response>()));
  }

  async #run(deed: Parameters<AuditService['intend']>[0], next: CallHandler, response: Response): Promise<unknown> {
    const intent = await this.audit.intend(deed);
    try {
      const answer: unknown = await lastValueFrom(next.handle(), { defaultValue: undefined });
      await intent.end({ outcome: 'done', status: response.statusCode });
      return answer;
    } catch (thrown) {
      await intent.end({ outcome: 'failed', status: failureStatus[Failure.from(thrown).code] });
      throw thrown;
    }
  }
}

function asUuid(text: string | undefined): string | undefined {
  return text !== undefined && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? text : undefined;
}
