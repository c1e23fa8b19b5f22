import { Failure } from '@gantry/base';
import type { Caller, EngineClient } from '@gantry/engine-api';
import { inspectExec, startExecTerminal } from './exec-terminal.ts';
import { Session } from './session.ts';

/** Of a host at a time. */
const mostSessions = 64;
/** Of a person at a time: nobody takes all of them. */
const mostOfOwner = 16;
/** Each has its last output in memory. */
const mostEnded = 32;
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
  /** By the id of the session, whose. */
  readonly #opening = new Map<string, string>();

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
    const owners = [...this.all.filter(({ ended }) => !ended).map(({ facts }) => facts.ownerId), ...this.#opening.values()];
    if (owners.length >= mostSessions)
      throw new Failure('exhausted', `this host has ${mostSessions} terminal sessions: end one of them first`);
    if (owners.filter((owner) => owner === caller.id).length >= mostOfOwner)
      throw new Failure('exhausted', `${caller.name} has ${mostOfOwner} terminal sessions on this host: end one of them first`);
    this.#opening.set(id, caller.id);
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
      void session.finished.then(() => this.#hasEnded(id));
      return session;
    } finally {
      this.#opening.delete(id);
    }
  }

  #hasEnded(id: string): void {
    setTimeout(() => this.#sessions.delete(id), keptAfterEndMs).unref();
    const ended = this.all.filter((session) => session.ended).sort((one, other) => one.endedAtMs - other.endedAtMs);
    // Those that are recorded to their end go before those whose end the server has not heard.
    const oldest = ended.find(({ isRecorded }) => isRecorded) ?? ended[0];
    if (ended.length > mostEnded && oldest) this.#sessions.delete(oldest.facts.id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map((session) => session.end({ cause: 'agent-stopped' })));
  }
}
