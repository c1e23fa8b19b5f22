import { decide, type Resource } from '@gantry/access';
import { Failure } from '@gantry/base';
import {
  ApiVersion,
  type Engine,
  type EngineRequest,
  type EngineResponse,
  failureStatus,
  json,
  type Match,
  messages,
  type VersionRange,
} from '@gantry/engine-api';
import { Injectable } from '@nestjs/common';
import type { Deed, OpenIntent } from '../audit/audit.service.ts';
import { AuditService } from '../audit/audit.service.ts';
import type { KnownHost } from '../hosts/host-directory.ts';
import type { Principal } from '../sessions/principal.ts';
import { collect, filterAnswer } from './answer-filter.ts';
import { endWith } from './audited-answer.ts';
import { detailsOf } from './deed-details.ts';
import { DoorState } from './door-state.ts';
import { parseEngineTarget } from './engine-target.ts';
import { Engines } from './engines.ts';
import { refuseForeignExec } from './exec-rule.ts';
import { rebuild } from './forward.ts';
import { findRow, type GuardedCall, readGuardedCall } from './guarded-call.ts';
import { containersOf, resolveReferences } from './references.ts';
import { refuseReservedLabels } from './reserved-labels.ts';
import { refuseForbidden, refuseHopeless } from './verdict.ts';

/** Somebody at the door: who, from where, until when. */
export interface Visitor {
  readonly principal: Principal;
  readonly address: string;
  /** Aborts when the session ends: whatever is open then is cut. */
  readonly ended: AbortSignal;
}

interface Visit extends Visitor {
  readonly request: EngineRequest;
  readonly host: KnownHost;
  readonly signal: AbortSignal;
}

/**
 * Any host's engine behind the guard: row → references → decision → dangerous fields → intent in the audit log → forward what was checked →
 * filter the answer → outcome. Alike for HTTP and for channels of the browser's socket; targets begin with `/engine/<host>`.
 */
@Injectable()
export class GuardedEngines {
  constructor(
    private readonly engines: Engines,
    private readonly audit: AuditService,
    private readonly state: DoorState,
  ) {}

  of(visitor: Visitor): Engine {
    return async (request) => {
      const signal = AbortSignal.any([request.signal, visitor.ended]);
      try {
        return await this.#serve({ ...visitor, request, signal });
      } catch (thrown) {
        if (request.signal.aborted) throw thrown;
        return refusalOf(thrown);
      }
    };
  }

  async #serve(visit: Omit<Visit, 'host'>): Promise<EngineResponse> {
    const { principal, request } = visit;
    const { hostId, target } = parseEngineTarget(request.target);
    const host = this.state.hosts.find(hostId);
    const isSeen = host?.status === 'active' && decide(principal.rights, 'host:view', placeOf(host));
    if (!host || !isSeen) throw new Failure('not-found', `no such host: ${hostId}`);
    const match = findRow(request, target);
    if (!match)
      return this.#deny(
        { ...visit, host },
        { name: `${request.method} ${target.split('?', 1)[0] ?? ''}`, failure: new Failure('forbidden', messages.pageNotFound) },
      );
    try {
      return await this.#guard({ ...visit, host }, match);
    } catch (thrown) {
      const failure = Failure.from(thrown);
      if (failure.code !== 'forbidden') throw failure;
      return this.#deny({ ...visit, host }, { name: match.route.name, failure });
    }
  }

  async #guard(visit: Visit, match: Match): Promise<EngineResponse> {
    const { principal, request, host, signal } = visit;
    refuseHopeless(match.route, principal.rights);
    const read = await readGuardedCall(match, request, versionsOf(host));
    refuseReservedLabels(read);
    const engine = this.engines.of(host.id);
    const isKnown = (id: string): boolean => this.state.fleet.key(host.id, id) !== undefined;
    refuseForeignExec(read, host.id, { owners: this.state.execs, principal });
    const resolved = await resolveReferences(read, containersOf(engine, isKnown, signal));
    const { call } = resolved;
    const elevated = refuseForbidden(resolved, { rights: principal.rights, host: placeOf(host) });
    const deed: Deed = {
      ...deedOf(visit, call.route.name),
      target: request.target.split('?', 1)[0] ?? '',
      details: detailsOf(call, elevated),
    };
    const intent = call.route.audited ? await this.audit.intend(deed) : undefined;
    const response = await this.#forward(visit, call, intent);
    return filterAnswer(await this.#note(response, call, visit), call, { rights: principal.rights, host: placeOf(host) });
  }

  async #forward({ principal, request, host, signal }: Visit, call: GuardedCall, intent: OpenIntent | undefined): Promise<EngineResponse> {
    const caller = {
      kind: 'person',
      id: principal.userId,
      name: principal.name,
      requestId: intent?.requestId ?? crypto.randomUUID(),
    } as const;
    try {
      const response = await this.engines.of(host.id)(rebuild(call, request, { caller, signal }));
      return intent ? await endWith(response, intent) : response;
    } catch (thrown) {
      // It may have happened: the request was on its way.
      await intent?.end({ outcome: 'unknown', details: { error: Failure.from(thrown).message } });
      throw thrown;
    }
  }

  /** Remembers whose exec it is, and tells whoever created something which of their fields nobody knew. */
  async #note(response: EngineResponse, call: GuardedCall, { principal, host }: Visit): Promise<EngineResponse> {
    const { name } = call.route;
    if (response.kind === 'hijacked' || response.status !== 201 || (name !== 'ContainerExec' && name !== 'ContainerCreate'))
      return response;
    const bytes = response.body instanceof Uint8Array ? response.body : await collect(response.body);
    const answer = JSON.parse(new TextDecoder().decode(bytes)) as { Id: string; Warnings?: string[] | null };
    if (name === 'ContainerExec') {
      const { Cmd: command = [] } = (call.body?.value ?? {}) as { Cmd?: string[] };
      this.state.execs.add(answer.Id, { host: host.id, container: call.path['id'] ?? '', userId: principal.userId, command });
      return { ...response, body: bytes };
    }
    const warnings = (call.body?.dropped ?? []).map((field) => `unknown field ${field} was left out`);
    if (warnings.length === 0) return { ...response, body: bytes };
    return {
      ...response,
      body: new TextEncoder().encode(`${JSON.stringify({ ...answer, Warnings: [...(answer.Warnings ?? []), ...warnings] })}\n`),
    };
  }

  async #deny(visit: Visit, { name, failure }: { name: string; failure: Failure }): Promise<EngineResponse> {
    const target = visit.request.target.split('?', 1)[0] ?? '';
    await this.audit.note({ ...deedOf(visit, name), target, outcome: 'denied', status: 403, details: { why: failure.message } });
    return refusalOf(failure);
  }
}

function deedOf({ principal, address, host }: Visit, action: string): Omit<Deed, 'target'> {
  return { who: principal.name, userId: principal.userId, action, hostId: host.id, address };
}

function placeOf({ id: host, labels }: KnownHost): Resource & { kind: 'host' } {
  return { kind: 'host', host, groups: [], labels };
}

/** What both this server and the engine speak. */
function versionsOf({ facts }: KnownHost): VersionRange {
  const own = ApiVersion.parse(facts?.engine.apiVersion ?? '');
  const newest = own.atLeast(ApiVersion.oldest) && ApiVersion.newest.atLeast(own) ? own : ApiVersion.newest;
  return { oldest: ApiVersion.oldest, newest };
}

export function refusalOf(thrown: unknown): EngineResponse {
  const { code, message, details } = Failure.from(thrown);
  const status = typeof details['status'] === 'number' ? details['status'] : failureStatus[code];
  return json(
    status,
    { message: code === 'internal' ? 'internal error' : message },
    { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' },
  );
}
