import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { type Grant, grantOf, type Rights, type RoleName } from '@gantry/access';
import { type Engine, type EngineRequest, noBytes } from '@gantry/engine-api';
import type { RightsService } from '../access/rights.service.ts';
import { Standing } from '../access/standing.ts';
import type { AuditService, Deed, Ending } from '../audit/audit.service.ts';
import { DoorState } from '../door/door-state.ts';
import type { Engines } from '../door/engines.ts';
import { ExecOwners } from '../door/exec-owners.ts';
import { GuardedEngines } from '../door/guarded-engines.ts';
import { KnownThings } from '../door/known-things.ts';
import { OwnedThings } from '../door/owned-things.ts';
import { PulledImages } from '../door/pulled-images.ts';
import { Fleet } from '../fleet/fleet.ts';
import type { FleetStore } from '../fleet/fleet.store.ts';
import { HostDirectory } from '../hosts/host-directory.ts';
import type { HostsStore } from '../hosts/hosts.store.ts';
import { facts } from './agent.ts';

export interface Told {
  readonly status: number;
  readonly text: string;
  readonly value: unknown;
}

export interface Asking {
  readonly body?: unknown;
  readonly type?: string;
  readonly upgrade?: EngineRequest['upgrade'];
  readonly userId?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HostSetting {
  readonly kind?: 'docker' | 'native';
  readonly apiVersion?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly status?: 'active' | 'pending' | 'quarantined';
  readonly groups?: readonly string[];
  /** Whoever asks has a session, and proved long ago that it is them. */
  readonly isUnproven?: boolean;
  /** The grants of everybody in the installation. */
  readonly grants?: readonly Grant[];
}

/** The guard of the door before one engine, with everything real but the database: deeds are kept in a list. */
export class Guarded {
  readonly hostId = randomUUID();
  readonly deeds: (Deed & Partial<Ending>)[] = [];
  readonly known: KnownThings;
  readonly #guard: GuardedEngines;

  constructor(engine: Engine, setting: HostSetting = {}) {
    const { kind = 'docker', apiVersion = '1.51', labels = {}, status = 'active', groups = [], grants = [], isUnproven = false } = setting;
    const hosts = new HostDirectory({} as unknown as HostsStore);
    hosts.added({
      ...{ id: this.hostId, publicKey: 'key', name: 'host-a', status, labels, joinedAt: new Date(), lastSeenAt: null },
      facts: { ...facts, engine: { ...facts.engine, kind, apiVersion } },
      groups: groups.map((groupId) => ({ groupId })),
    });
    hosts.noteLink(this.hostId, 'live');
    this.known = new KnownThings(new Fleet(hosts, {} as unknown as FleetStore));
    const rights = { changes: new EventEmitter(), all: grants } as unknown as RightsService;
    const owned = new OwnedThings(new ExecOwners(), new PulledImages(), new Standing(rights));
    const state = Object.assign(new DoorState(hosts, this.known, owned), { sessions: { isProven: () => !isUnproven } });
    this.#guard = new GuardedEngines({ of: () => engine } as unknown as Engines, this.#audit() as unknown as AuditService, state);
  }

  /** Rights of a built-in role in a stack of the host, or on all of it. */
  rights(role: RoleName, project?: string, addOns: readonly string[] = []): Rights {
    const scope = project === undefined ? ({ kind: 'global' } as const) : ({ kind: 'stack', host: this.hostId, project } as const);
    return { grants: [grantOf({ id: `${role}-${project ?? ''}`, role, addOns, scope })] };
  }

  /** Asks for `METHOD /path` below the host as somebody with the rights. */
  async ask(
    rights: Rights,
    line: string,
    { body, type, upgrade = 'none', userId = 'ada', headers: more = {} }: Asking = {},
  ): Promise<Told> {
    const [method = '', target = ''] = line.split(' ');
    const principal = { sessionId: 's', userId, name: userId, rights, hasSecondFactor: true, endsAt: new Date(Date.now() + 60_000) };
    const engine = this.#guard.of({ principal, address: '192.0.2.1', ended: new AbortController().signal });
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const headers = new Map([
      ...(text === undefined ? [] : [['content-type', type ?? 'application/json'] as const]),
      ...Object.entries(more),
    ]);
    const response = await engine({
      ...{ method: method as EngineRequest['method'], target: `/engine/${this.hostId}${target}`, headers, upgrade },
      body: text === undefined ? noBytes : bytesOf(text),
      caller: { kind: 'person', id: userId, name: userId, requestId: '' },
      signal: new AbortController().signal,
    });
    if (response.kind === 'hijacked') return { status: 101, text: '', value: undefined };
    const bytes = response.body instanceof Uint8Array ? response.body : Buffer.concat(await Array.fromAsync(response.body));
    const told = Buffer.from(bytes).toString();
    return { status: response.status, text: told, value: parsed(told) };
  }

  #audit(): Pick<AuditService, 'intend' | 'note'> {
    return {
      intend: (deed) => {
        const kept: Deed & Partial<Ending> = { ...deed };
        this.deeds.push(kept);
        const end = (ending: Ending): Promise<void> => {
          Object.assign(kept, ending, { details: { ...kept.details, ...ending.details } });
          return Promise.resolve();
        };
        return Promise.resolve({ requestId: randomUUID(), end });
      },
      note: (deed) => {
        this.deeds.push(deed);
        return Promise.resolve();
      },
    };
  }
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(new TextEncoder().encode(text));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
