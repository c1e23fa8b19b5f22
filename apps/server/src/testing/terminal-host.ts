import { Failure } from '@gantry/base';
import { ApiVersion, type Caller, type EngineResponse, hijack, json, routed, sessionIdOf } from '@gantry/engine-api';
import { HostSession } from './host-session.ts';

/** Without a terminal of its own. */
export const webContainer = 'a'.repeat(64);
/** With one. */
export const consoleContainer = 'c0'.repeat(32);
/** An exec that its engine does not know. */
export const lostExec = 'b'.repeat(64);

/** What an exec shows that is no session. */
async function* asBefore(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from('as before'));
}

interface Attaching {
  readonly id: string;
  readonly query: object;
  readonly request: { readonly caller: { readonly kind: string; readonly name?: string; readonly part?: string } };
}

/** A host with two containers and the terminals that are open there, as far as a server sees it. */
export class TerminalHost {
  sessions = new Map<string, HostSession>();
  /** Until it resolves no session of an exec is started. */
  startGate: Promise<unknown> = Promise.resolve();
  /** It keeps no more sessions. */
  isFull = false;
  #lastExec = 0;

  readonly engine = routed(
    {
      ContainerList: () =>
        Promise.resolve(
          json(200, [
            { Id: webContainer, Names: ['/web'], Labels: {} },
            { Id: consoleContainer, Names: ['/console'], Labels: {} },
          ]),
        ),
      ContainerInspect: ({ id }) =>
        Promise.resolve(
          id === consoleContainer
            ? json(200, { Id: consoleContainer, Name: '/console', Config: { Tty: true, Cmd: ['ash'], Labels: {} } })
            : json(200, { Id: webContainer, Name: '/web', Config: { Tty: false, Labels: {} } }),
        ),
      ContainerExec: () => Promise.resolve(json(201, { Id: String(++this.#lastExec).padStart(64, '0') })),
      ExecInspect: ({ id }) =>
        id === lostExec
          ? Promise.reject(new Failure('not-found', `no such exec: ${id}`))
          : Promise.resolve(json(200, { ID: id, ContainerID: webContainer, ProcessConfig: { tty: true, entrypoint: 'sh' } })),
      ExecStart: () => Promise.resolve(hijack({}, asBefore)),
      SessionStart: async ({ id, request: { caller } }) => {
        if (caller.kind !== 'person') throw new Error('a person starts it');
        await this.startGate;
        if (this.isFull) throw new Failure('exhausted', 'this host has 64 terminal sessions: end one of them first');
        this.sessions.set(
          id,
          new HostSession({ id, ownerId: caller.id, owner: caller.name, request: caller.requestId, startedAtMs: Date.now() }),
        );
        return json(201, { id });
      },
      ContainerSessionStart: ({ id: containerId, request: { caller } }) =>
        Promise.resolve(this.#opening('attach', caller, { containerId })),
      HostShellStart: ({ request: { caller } }) => Promise.resolve(this.#opening('host', caller, {})),
      HostShellAttach: this.#attaching('attach'),
      HostShellWatch: this.#attaching('watch'),
      HostShellJoin: this.#attaching('join'),
      SessionAttach: this.#attaching('attach'),
      SessionWatch: this.#attaching('watch'),
      SessionJoin: this.#attaching('join'),
      SessionRecord: this.#attaching('record'),
      SessionList: () =>
        Promise.resolve(
          json(
            200,
            [...this.sessions.values()].filter(({ ends }) => ends.length === 0).map(({ facts }) => facts),
          ),
        ),
      SessionClose: ({ id }) => (this.find(id).end('closed'), Promise.resolve(json(200, {}))),
      SessionEnd: ({ id, query }) => (this.find(id).end(query.cause), Promise.resolve(json(200, {}))),
    },
    { server: 'Terminals/1 (linux)', versions: { oldest: ApiVersion.oldest, newest: ApiVersion.newest } },
  );

  find(id: string): HostSession {
    const session = this.sessions.get(id);
    if (!session) throw new Error(`no session ${id}`);
    return session;
  }

  /** Opens a session by the id that its request gives it. */
  #opening(kind: 'attach' | 'host', caller: Caller, more: object): EngineResponse {
    if (caller.kind !== 'person') throw new Error('a person starts it');
    const id = sessionIdOf(kind, caller.requestId);
    const facts = { id, kind, ownerId: caller.id, owner: caller.name, request: caller.requestId, startedAtMs: Date.now(), ...more };
    this.sessions.set(id, new HostSession(facts));
    return json(201, { id });
  }

  #attaching(row: string) {
    return ({ id, query, request: { caller } }: Attaching) => {
      const { from = 0, hold = false } = query as { from?: number; hold?: boolean };
      const told = { caller: caller.name ?? caller.part ?? '', from, row: hold ? `${row}, held` : row };
      return Promise.resolve(hijack({}, (input) => this.find(id).attach(told, input)));
    };
  }
}
