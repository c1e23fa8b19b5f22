import { Failure } from '@gantry/base';
import { type Caller, type EngineClient, type QueryInput, sessionIdOf } from '@gantry/engine-api';
import { inspectContainer, startAttachTerminal } from './attach-terminal.ts';
import { inspectExec, startExecTerminal } from './exec-terminal.ts';
import { Session, type SessionFacts, type SessionTerminal } from './session.ts';

/** Of a host at a time. */
const mostSessions = 64;
/** Of a person at a time: nobody takes all of them. */
const mostOfOwner = 16;
/** Each has its last output in memory. */
const mostEnded = 32;
/** Whoever comes back late still learns how it ended. */
const keptAfterEndMs = 300_000;

/** Who opens a session, and how large their window is. */
export interface Opening {
  readonly caller: Extract<Caller, { kind: 'person' }>;
  readonly size: { readonly columns: number; readonly rows: number };
}

interface Opened {
  readonly facts: Pick<SessionFacts, 'containerId' | 'containerName' | 'command'>;
  readonly terminal: SessionTerminal;
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
  openExec(id: string, opening: Opening): Promise<Session> {
    return this.#open({ id, kind: 'exec' }, opening, async () => {
      const { ContainerID: containerId, ProcessConfig: process = {} } = await inspectExec(this.#client, id);
      if (process.tty !== true) throw new Failure('invalid', `exec ${id} has no terminal, so it can be no session`);
      const { Name } = await inspectContainer(this.#client, containerId);
      const command = [process.entrypoint ?? '', ...(process.arguments ?? [])].join(' ');
      const terminal = await startExecTerminal(this.#client, id, opening.size);
      return { facts: { containerId, containerName: plain(Name), command }, terminal };
    });
  }

  /** Attaches to the terminal of a container as a session; `invalid` for one that has none, `exhausted` where there are too many. */
  openAttach(container: string, query: QueryInput<'ContainerAttach'>, opening: Opening): Promise<Session> {
    return this.#open({ id: sessionIdOf('attach', opening.caller.requestId), kind: 'attach' }, opening, async () => {
      const { Id: containerId, Name, Config } = await inspectContainer(this.#client, container);
      if (Config.Tty !== true) throw new Failure('invalid', `container ${plain(Name)} has no terminal, so it can be no session`);
      const terminal = await startAttachTerminal(this.#client, containerId, query);
      const command = [...(Config.Entrypoint ?? []), ...(Config.Cmd ?? [])].join(' ');
      return { facts: { containerId, containerName: plain(Name), command }, terminal };
    });
  }

  /** A shell on the host itself, as `open` starts it; `exhausted` where there are too many. */
  openHost(command: string, opening: Opening, open: () => Promise<SessionTerminal>): Promise<Session> {
    return this.#open({ id: sessionIdOf('host', opening.caller.requestId), kind: 'host' }, opening, async () => ({
      facts: { containerId: '', containerName: '', command },
      terminal: await open(),
    }));
  }

  /** Hears the size of a terminal that somebody gave past its session: of an exec by its id, of a container's own by the container. */
  hasSize(of: { exec?: string; container?: string }, columns: number, rows: number): void {
    for (const session of this.all) {
      const { kind, id, containerId } = session.facts;
      const isMeant = kind === 'exec' ? id === of.exec : kind === 'attach' && containerId === of.container;
      if (isMeant && !session.ended) session.hasSize(columns, rows);
    }
  }

  async #open({ id, kind }: Pick<SessionFacts, 'id' | 'kind'>, { caller, size }: Opening, start: () => Promise<Opened>): Promise<Session> {
    this.#refuse(id, caller);
    this.#opening.set(id, caller.id);
    try {
      const { facts, terminal } = await start();
      const whose = { ownerId: caller.id, owner: caller.name, request: caller.requestId };
      const session = new Session({ id, kind, ...facts, ...whose, startedAtMs: Date.now() }, terminal, { ...size });
      this.#sessions.set(id, session);
      void session.finished.then(() => this.#hasEnded(id));
      return session;
    } finally {
      this.#opening.delete(id);
    }
  }

  #refuse(id: string, caller: Opening['caller']): void {
    if (this.#sessions.has(id) || this.#opening.has(id)) throw new Failure('conflict', `the terminal session ${id} is open already`);
    const owners = [...this.all.filter(({ ended }) => !ended).map(({ facts }) => facts.ownerId), ...this.#opening.values()];
    if (owners.length >= mostSessions)
      throw new Failure('exhausted', `this host has ${mostSessions} terminal sessions: end one of them first`);
    if (owners.filter((owner) => owner === caller.id).length >= mostOfOwner)
      throw new Failure('exhausted', `${caller.name} has ${mostOfOwner} terminal sessions on this host: end one of them first`);
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

function plain(name: string): string {
  return name.replace(/^\//, '');
}
