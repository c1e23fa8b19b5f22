import { Failure } from '@gantry/base';
import type { Caller, EngineClient } from '@gantry/engine-api';
import { inspectExec, startExecTerminal } from './exec-terminal.ts';
import { Session } from './session.ts';

/** Of a host at a time. */
const mostSessions = 64;
/** Whoever comes back late still learns how it ended. */
const keptAfterEndMs = 300_000;

export interface Opening {
  readonly id: string;
  readonly caller: Extract<Caller, { kind: 'person' }>;
  readonly size: { readonly columns: number; readonly rows: number };
}

/** All sessions of this host. Disposing ends those that run. */
export class Sessions implements AsyncDisposable {
  readonly #client: EngineClient;
  readonly #sessions = new Map<string, Session>();
  readonly #opening = new Set<string>();

  constructor(client: EngineClient) {
    this.#client = client;
  }

  get all(): readonly Session[] {
    return [...this.#sessions.values()];
  }

  /** `not-found` for one that never was, or ended a while ago. */
  find(id: string): Session {
    const session = this.#sessions.get(id);
    if (!session) throw new Failure('not-found', `no such terminal session: ${id}`);
    return session;
  }

  /** Starts an exec as a session; `invalid` for one without a terminal, `conflict` for one that has been started, `exhausted` where there are too many. */
  async open({ id, caller, size }: Opening): Promise<Session> {
    if (this.#sessions.has(id) || this.#opening.has(id)) throw new Failure('conflict', `the terminal session ${id} is open already`);
    const running = this.all.filter(({ ended }) => !ended).length + this.#opening.size;
    if (running >= mostSessions) throw new Failure('exhausted', `this host has ${mostSessions} terminal sessions: end one of them first`);
    this.#opening.add(id);
    try {
      const { ContainerID: containerId, ProcessConfig: process = {} } = await inspectExec(this.#client, id);
      if (process.tty !== true) throw new Failure('invalid', `exec ${id} has no terminal, so it can be no session`);
      const { Name } = await (await this.#client.call('ContainerInspect', { path: { id: containerId } })).json<{ Name: string }>();
      const terminal = await startExecTerminal(this.#client, id, size);
      const command = [process.entrypoint ?? '', ...(process.arguments ?? [])].join(' ');
      const whose = { ownerId: caller.id, owner: caller.name, request: caller.requestId };
      const facts = { id, containerId, containerName: Name.replace(/^\//, ''), command, ...whose, startedAtMs: Date.now() };
      const session = new Session(facts, terminal, { ...size });
      this.#sessions.set(id, session);
      void session.finished.then(() => setTimeout(() => this.#sessions.delete(id), keptAfterEndMs).unref());
      return session;
    } finally {
      this.#opening.delete(id);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map((session) => session.end({ cause: 'agent-stopped' })));
  }
}
