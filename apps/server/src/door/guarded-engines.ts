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
  noBytes,
  routed,
  type VersionRange,
} from '@gantry/engine-api';
import { Injectable } from '@nestjs/common';
import type { Hold } from '../access/standing.ts';
import type { Deed, OpenIntent } from '../audit/audit.service.ts';
import { AuditService } from '../audit/audit.service.ts';
import type { KnownHost } from '../hosts/host-directory.ts';
import type { Principal } from '../sessions/principal.ts';
import { noteEffects } from './after-effects.ts';
import { filterAnswer } from './answer-filter.ts';
import { asCreated, type Creating } from './as-created.ts';
import { endWith } from './audited-answer.ts';
import { detailsOf } from './deed-details.ts';
import { DoorState } from './door-state.ts';
import { parseEngineTarget } from './engine-target.ts';
import { Engines } from './engines.ts';
import { refusingOtherEvents } from './event-sight.ts';
import { refuseForeignExec } from './exec-rule.ts';
import { rebuild } from './forward.ts';
import { findRow, type GuardedCall, readGuardedCall } from './guarded-call.ts';
import { heldAnswer } from './held-answer.ts';
import { withHostBinds } from './host-binds.ts';
import { HostThings } from './host-things.ts';
import { refuseMasks } from './masks.ts';
import { refuseUnproven } from './proof-rule.ts';
import { isRevealing, type Revealing } from './revealing.ts';
import { type Named, resolveReferences, withValue } from './references.ts';
import { refuseReservedLabels } from './reserved-labels.ts';
import { placingKeys } from './scope-labels.ts';
import { Sight } from './sight.ts';
import { asksToReveal, tellsValues } from './values-asked-for.ts';
import { refuseDefaultBridge, refuseForbidden, refuseHopeless } from './verdict.ts';

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
  readonly sight: Sight;
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

  async #serve(visitor: Omit<Visit, 'host' | 'sight'>): Promise<EngineResponse> {
    const { hostId, target } = parseEngineTarget(visitor.request.target);
    const host = this.state.hosts.find(hostId);
    const sight = host && new Sight(host, visitor.principal.rights);
    if (host?.status !== 'active' || !sight?.seesHost) throw new Failure('not-found', `no such host: ${hostId}`);
    const visit = { ...visitor, host, sight };
    const match = findRow(visitor.request, target);
    if (!match)
      return this.#deny(visit, {
        name: `${visitor.request.method} ${target.split('?', 1)[0] ?? ''}`,
        failure: new Failure('forbidden', messages.pageNotFound),
      });
    try {
      return await this.#guard(visit, match);
    } catch (thrown) {
      const failure = Failure.from(thrown);
      if (failure.code !== 'forbidden') throw failure;
      return this.#deny(visit, { name: deedName(match, visitor.request), failure });
    }
  }

  async #guard(visit: Visit, match: Match): Promise<EngineResponse> {
    const { principal, request, host, sight, signal } = visit;
    if (isRefusedByNature(match, host)) return refusalOfRow(request, host);
    refuseHopeless(match.route, sight);
    const asked = await readGuardedCall(match, request, versionsOf(host));
    refuseReservedLabels(asked);
    refuseMasks(asked.body?.value);
    refuseDefaultBridge(asked, sight);
    await refuseForeignExec(asked, host, { owners: this.state.owned.execs, principal, signal });
    const { known, owned } = this.state;
    const { pulled, execs } = owned;
    const { userId } = principal;
    const things = new HostThings({ engine: this.engines.of(host.id), sight, userId, remembered: { known, pulled }, signal });
    const resolved = await resolveReferences(asked, things, execs);
    const creating = await asCreated(resolved, things, placingKeys(owned.open.grants));
    const elevated = refuseForbidden(creating, resolved.named, sight);
    // After the decision: whoever may not do it at all is told so, and not asked for a password.
    refuseUnproven(asked, principal, this.state.sessions);
    const call = withHostBinds(askingForAll(creating.call, sight), sight);
    if (call.route.name === 'SystemEvents' && !sight.seesEverything) await things.noteAll();
    const intent = await this.#intend(visit, call, elevated);
    const hold = this.#hold(visit, creating, resolved.named);
    request.signal.addEventListener('abort', () => hold[Symbol.dispose](), { once: true });
    try {
      const bound = { ...visit, signal: AbortSignal.any([signal, hold.signal]) };
      const response = await noteEffects(await this.#forward(bound, call, intent), call, { execs, pulled, things, userId, asked });
      const subject = resolved.named.find(({ reference }) => reference.needs === undefined)?.thing;
      const asking = { call: { route: call.route, asked: asked.query.values }, tellsValues: tellsValues(call, principal) };
      const answer = await filterAnswer(response, { ...asking, things, subject }, known);
      if (request.method === 'HEAD') hold[Symbol.dispose](); // nobody reads its body
      return heldAnswer(answer, hold);
    } catch (thrown) {
      hold[Symbol.dispose]();
      throw hold.signal.aborted ? (hold.signal.reason as Error) : thrown;
    }
  }

  /** Undefined for what changes nothing and shows nothing that is hidden otherwise. */
  async #intend(visit: Visit, call: GuardedCall, elevated: readonly string[]): Promise<OpenIntent | undefined> {
    if (!call.route.audited && !isRevealing(call)) return undefined;
    const deed: Deed = {
      ...deedOf(visit, nameOf(call)),
      target: visit.request.target.split('?', 1)[0] ?? '',
      details: { ...detailsOf(call, elevated), ...credentialOf(visit.principal) },
    };
    return this.audit.intend(deed);
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
      return intent ? await endWith(response, intent, { route: call.route, left: request.signal }) : response;
    } catch (thrown) {
      // It may have happened: the request was on its way.
      await intent?.end({ outcome: 'unknown', details: { error: Failure.from(thrown).message } });
      throw thrown;
    }
  }

  /** Decides again whenever rights, groups or labels change: what was allowed, and whether an open stream still shows what it may. */
  #hold(visit: Visit, creating: Creating, named: readonly Named[]): Hold {
    const refuseOther = creating.call.route.name === 'SystemEvents' ? refusingOtherEvents(visit.sight) : undefined;
    return this.state.owned.open.hold(() => {
      const now = this.#sightNow(visit);
      refuseForbidden(creating, named, now);
      refuseOther?.(now);
    });
  }

  /** Groups, labels and rights as they are now. */
  #sightNow({ host, principal }: Visit): Sight {
    const now = this.state.hosts.find(host.id);
    if (now?.status !== 'active') throw new Failure('not-found', `no such host: ${host.id}`);
    return new Sight(now, principal.rights);
  }

  async #deny(visit: Visit, { name, failure }: { name: string; failure: Failure }): Promise<EngineResponse> {
    const target = visit.request.target.split('?', 1)[0] ?? '';
    await this.audit.note({
      ...deedOf(visit, name),
      target,
      outcome: 'denied',
      status: 403,
      details: { why: failure.message, ...credentialOf(visit.principal) },
    });
    return refusalOf(failure);
  }
}

function deedOf({ principal, address, host }: Visit, action: string): Omit<Deed, 'target'> {
  return { who: principal.name, userId: principal.userId, action, hostId: host.id, address };
}

/** What shows values that are hidden otherwise is a deed of its own, where its row is none. */
function nameOf(call: Revealing): string {
  return !call.route.audited && isRevealing(call) ? 'ContainerReveal' : call.route.name;
}

/** The same of a request that was refused, of which no more may have been read than its line. */
function deedName({ route, query }: Match, request: EngineRequest): string {
  const values = { ps_args: new URLSearchParams(query).get('ps_args') ?? '' };
  return nameOf({ route, query: { values }, ...(asksToReveal(route, request) ? { isReveal: true } : {}) });
}

/** Which certificate or token it was that came, of those that the person may have; a certificate may have been made with a token. */
function credentialOf({ certificate, isToken, sessionId, madeBy }: Principal): { certificate?: string; token?: string } {
  const token = isToken ? sessionId : madeBy;
  return { ...(certificate === undefined ? {} : { certificate }), ...(token === undefined ? {} : { token }) };
}

/** The engine cuts a list before it is filtered: a caller who sees a part of it would get too few, and learn how many others there are. */
function askingForAll(call: GuardedCall, sight: Sight): GuardedCall {
  if (call.route.name !== 'ContainerList' || sight.seesEverything || Number(call.query.values['limit'] ?? 0) <= 0) return call;
  return { ...call, query: withValue(withValue(call.query, 'limit', undefined), 'all', '1') };
}

/** Swarm, plugins and their like, which our own engine does not have: it says so in dockerd's words. Elsewhere they are nobody's. */
function isRefusedByNature({ route }: Match, { facts }: KnownHost): boolean {
  return route.permission === 'engine:none' && route.refusal !== undefined && !route.isUnversioned && facts?.engine.kind === 'native';
}

function refusalOfRow(request: EngineRequest, host: KnownHost): Promise<EngineResponse> {
  const { target } = parseEngineTarget(request.target);
  return routed({}, { server: 'Gantry', versions: versionsOf(host) })({ ...request, target, body: noBytes });
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
    {
      message: code === 'internal' ? 'internal error' : message,
      ...(details['needs'] === undefined ? {} : { details: { needs: details['needs'] } }),
    },
    { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' },
  );
}
