import { Failure } from '@gantry/base';
import {
  type Engine,
  type EngineRequest,
  type EngineResponse,
  failureStatus,
  type HijackedResponse,
  type Match,
  matchRoute,
} from '@gantry/engine-api';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { collect } from '../door/collect.ts';
import { ExecOwners } from '../door/exec-owners.ts';
import { once } from '../door/collect.ts';
import { TerminalRecorder } from '../recordings/terminal-recorder.ts';
import type { EndReason } from '../sessions/sessions.service.ts';
import { type FoundSession, foundSessions } from './found-sessions.ts';
import { KeptTerminal } from './kept-terminal.ts';
import { inspectFound } from './inspect-found.ts';
import { inspectOpening } from './inspect-opening.ts';
import type { OpenedTerminal } from './opened-terminal.ts';
import { rawSession } from './raw-session.ts';
import { TerminalHosts } from './terminal-hosts.ts';
import { TerminalOpeners } from './terminal-openers.ts';
import { attachTo, type ExecStartBody, type Opening, openingOf, sessionStartOf } from './terminal-openings.ts';
import { type OwnedTerminal, TerminalOwners } from './terminal-owners.ts';

const mostRecorded = 1000;

const serverStops: EndReason = 'server-stops';
const entering: readonly string[] = ['SessionAttach', 'SessionJoin', 'SessionWatch', 'HostShellAttach', 'HostShellJoin', 'HostShellWatch'];
/** How a docker client opens a terminal. */
const ofClients: readonly string[] = ['ExecStart', 'ContainerAttach', 'ContainerAttachWebsocket'];

interface Asked {
  readonly engine: Engine;
  readonly request: EngineRequest;
}

interface Whose {
  readonly host: string;
  readonly ownerId: string;
  readonly owner: string;
  /** Of the audit log, which opened it. */
  readonly request: string;
  readonly startedAt: Date;
}

/** Where terminals are and whose, for whoever keeps them. */
@Injectable()
export class TerminalPlaces {
  constructor(
    readonly hosts: TerminalHosts,
    readonly owners: TerminalOwners,
    readonly execs: ExecOwners,
  ) {}
}

/**
 * The terminals that go on without whoever opened them. Their hosts have them; the server stays attached to each as its recorder, finds them again after a
 * restart of its own, and ends each whose owner may not have it any more.
 */
@Injectable()
export class LiveTerminals implements OnModuleInit, OnApplicationShutdown {
  readonly #log = new Logger('terminals');
  readonly #kept = new Map<string, KeptTerminal>();
  /** Those that a host has been asked for, until it is known what came of it. */
  readonly #starts = new Map<string, Promise<void>>();
  /** Those that were recorded to their end: their owners still learn how they ended. */
  readonly #recorded = new Set<string>();
  readonly #adopting = new Map<string, Promise<void>>();
  readonly #recording = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  readonly #listening = new DisposableStack();

  constructor(
    private readonly places: TerminalPlaces,
    private readonly recorder: TerminalRecorder,
    private readonly openers: TerminalOpeners,
  ) {}

  onModuleInit(): void {
    const { hosts, execs } = this.places;
    this.#listening.use(hosts.onLink((host) => execs.learn(host, this.#adopt(host))));
    this.#listening.use(
      hosts.onRemoved((host) => {
        for (const kept of this.all) if (kept.terminal.host === host) kept.abandon();
      }),
    );
    this.#listening.use(
      this.openers.onEnded((userId) => {
        for (const kept of this.all) if (kept.terminal.ownerId === userId) void kept.end('taken-away');
      }),
    );
  }

  async onApplicationShutdown(): Promise<void> {
    this.#listening.dispose();
    this.#stopping.abort(new Failure('unavailable', 'the server stops'));
    await Promise.all(this.#recording);
  }

  get all(): readonly KeptTerminal[] {
    return [...this.#kept.values()];
  }

  /**
   * An engine whose sessions are kept: one that a person starts is recorded from its first byte, or not started; nobody is let into one that is not recorded. A
   * terminal that a docker client opens becomes a session, too, which the client has as it always has a terminal.
   */
  keeping(host: string, engine: Engine): Engine {
    return async (request) => {
      const { caller } = request;
      const match = caller.kind === 'person' ? matchRoute(request.method, request.target) : undefined;
      if (!match || caller.kind !== 'person') return engine(request);
      const opening = openingOf(match, caller.requestId);
      if (opening) return this.#starting(host, opening, { engine, request });
      if (ofClients.includes(match.route.name) && this.places.hosts.keepsAttached(host))
        return this.#ofClient(host, match, { engine, request });
      if (entering.includes(match.route.name)) await this.#refuseUnkept(host, match.path['id'] ?? '', request);
      return engine(request);
    };
  }

  /** What has no terminal goes its way as before. */
  async #ofClient(host: string, match: Match, { engine, request }: Asked): Promise<EngineResponse> {
    const bytes = await collect(request.body);
    const body = bytes.length === 0 ? {} : (JSON.parse(new TextDecoder().decode(bytes)) as ExecStartBody);
    const again = { ...request, body: once(bytes) };
    const start = sessionStartOf(match, request, body);
    const { caller } = request;
    const found = start && matchRoute(start.method, start.target);
    const opening = found && caller.kind === 'person' ? openingOf(found, caller.requestId) : undefined;
    if (!start || !opening || !(await inspectOpening(this.places.hosts, { host, opening }, request.signal)).isTerminal)
      return engine(again);
    const started = await this.#starting(host, opening, { engine, request: start });
    // A host keeps so many terminals and no more. A docker client knows of no such limit: it has its terminal as before, recorded, and gone with it.
    if (started.kind !== 'hijacked' && started.status === failureStatus.exhausted) return engine(again);
    if (started.kind === 'hijacked' || started.status >= 300) return started;
    const attached = await engine(attachTo(opening.id, request));
    return attached.kind === 'hijacked' ? rawSession(attached) : attached;
  }

  /** `not-found` for a terminal that this server does not record, also after it has asked the host once more what there is. */
  async #refuseUnkept(host: string, id: string, { caller, signal }: EngineRequest): Promise<void> {
    const key = `${host}/${id}`;
    await this.#starts.get(key);
    if (this.#kept.has(key) || this.#recorded.has(key)) return;
    if (!this.places.hosts.isLinked(host)) throw new Failure('unavailable', 'the host is not connected');
    this.places.execs.learn(host, this.#adopt(host));
    await this.places.execs.settled(host, { userId: caller.kind === 'person' ? caller.id : '', signal });
    if (!this.#kept.has(key)) throw new Failure('not-found', `no such terminal session: ${id}`);
  }

  async #starting(host: string, opening: Opening, asked: Asked): Promise<EngineResponse> {
    const key = `${host}/${opening.id}`;
    if (this.#starts.has(key)) throw new Failure('conflict', `the terminal session ${opening.id} is open already`);
    const starting = this.#start(host, opening, asked);
    const settled = starting.then(
      () => undefined,
      () => undefined,
    );
    this.#starts.set(key, settled);
    try {
      return await starting;
    } finally {
      this.#starts.delete(key);
    }
  }

  async #start(host: string, opening: Opening, { engine, request }: Asked): Promise<EngineResponse> {
    const { caller } = request;
    if (caller.kind !== 'person') throw new Failure('forbidden', 'a terminal is opened by a person');
    const opened = await inspectOpening(this.places.hosts, { host, opening }, request.signal);
    const told = { host, ownerId: caller.id, request: caller.requestId };
    const { ended } = await this.openers.openerOf({ id: opening.id, kind: opening.kind, ...told });
    const { kept, recording } = await this.#open(opened, { ...told, owner: caller.name, startedAt: new Date() });
    let first: HijackedResponse;
    try {
      request.signal.throwIfAborted();
      // Once it is asked for the host may have opened it: whether whoever asked is still there or not, what came of it is waited for.
      const response = await engine({ ...request, signal: this.#stopping.signal });
      if (response.kind === 'hijacked' || response.status >= 300) {
        await recording.discard();
        return response;
      }
      first = await this.#attached(kept);
      this.#noteOwner(kept.terminal);
      this.#keep(kept, { first, ended });
      return response;
    } catch (thrown) {
      await recording.discard();
      throw thrown;
    }
  }

  /** The door has to know whose it is and where. A shell on the host is in no container: one with its own id is none. */
  #noteOwner({ id, host, containerId, ownerId: userId, command }: OwnedTerminal): void {
    this.places.execs.add(id, { host, container: containerId === '' ? id : containerId, userId, command: [command] });
  }

  /** A terminal that nobody records must not stay. */
  async #attached(kept: KeptTerminal): Promise<HijackedResponse> {
    try {
      return await kept.attach(this.#stopping.signal);
    } catch (cause) {
      await kept.end('ended');
      throw new Failure('unavailable', 'this terminal cannot be recorded, so it is not opened', { cause });
    }
  }

  async #open(opened: OpenedTerminal, whose: Whose) {
    const { id, kind, containerId, containerName, command } = opened;
    const { host: hostId, ownerId: userId, owner: who, request } = whose;
    const recording = await this.recorder.open({
      ...{ terminalId: id, containerId, containerName, command, kind },
      ...{ hostId, userId, who, request },
    });
    const resized = (columns: number, rows: number): void => this.recorder.resized(id, columns, rows);
    return { kept: new KeptTerminal({ terminal: { ...opened, ...whose }, hosts: this.places.hosts, recording, resized }), recording };
  }

  /** It ends with the right of whoever opened it, and with the token that did. */
  #keep(kept: KeptTerminal, { first, ended }: { first?: HijackedResponse; ended: AbortSignal | undefined }): void {
    const { host, id } = kept.terminal;
    const hold = this.places.owners.hold(kept.terminal);
    const over = ended ? AbortSignal.any([hold.signal, ended]) : hold.signal;
    const takeAway = (): void => {
      // The end of the server is none of the token: the terminal goes on, and is found again.
      if (!this.#stopping.signal.aborted && over.reason !== serverStops) void kept.end('taken-away');
    };
    if (over.aborted) takeAway();
    else over.addEventListener('abort', takeAway, { once: true });
    this.#kept.set(`${host}/${id}`, kept);
    const recorded = kept.record(first, this.#stopping.signal).finally(() => {
      over.removeEventListener('abort', takeAway);
      hold[Symbol.dispose]();
      this.#noteRecorded(`${host}/${id}`);
      this.#kept.delete(`${host}/${id}`);
      this.#recording.delete(recorded);
    });
    this.#recording.add(recorded);
  }

  #noteRecorded(key: string): void {
    this.#recorded.add(key);
    const [oldest] = this.#recorded;
    if (this.#recorded.size > mostRecorded && oldest !== undefined) this.#recorded.delete(oldest);
  }

  /** Terminals that the host has and this server does not know: those of the server before it. Each is recorded further, from the oldest byte that is still there. */
  #adopt(host: string): Promise<void> {
    // One after the other: two at a time would record the same terminal twice.
    const before = this.#adopting.get(host) ?? Promise.resolve();
    const adopted = before
      .then(() => this.#adoptFound(host))
      .finally(() => this.#adopting.get(host) === adopted && this.#adopting.delete(host));
    this.#adopting.set(host, adopted);
    return adopted;
  }

  async #adoptFound(host: string): Promise<void> {
    const { signal } = this.#stopping;
    // Also those that end while the host is asked: they are recorded already.
    const known = new Set([...this.#kept.keys(), ...this.#starts.keys()]);
    const isKnown = (key: string): boolean => known.has(key) || this.#kept.has(key) || this.#starts.has(key);
    try {
      const told = await (await this.places.hosts.client(host).call('SessionList', {}, signal)).json();
      for (const found of foundSessions(told)) {
        if (!found) this.#log.warn(`host ${host} has a terminal that it does not describe`);
        else if (!isKnown(`${host}/${found.id}`)) await this.#adoptOne(host, found, signal);
      }
    } catch (thrown) {
      if (!signal.aborted) this.#log.warn(`the terminals of host ${host} were not found again: ${Failure.from(thrown).message}`);
    }
  }

  /** A terminal that cannot be recorded is ended; the others do not suffer for it. */
  async #adoptOne(host: string, found: FoundSession, signal: AbortSignal): Promise<void> {
    const { id, kind, ownerId, request, startedAtMs } = found;
    const { hosts } = this.places;
    try {
      const { name: owner, ended } = await this.openers.openerOf({ id, kind, host, ownerId, request });
      const opened = await inspectFound(hosts, { host, found }, signal);
      this.#noteOwner({ ...opened, host, ownerId });
      const { kept } = await this.#open(opened, { host, ownerId, owner, request, startedAt: new Date(startedAtMs) });
      this.#keep(kept, { ended });
    } catch (thrown) {
      if (signal.aborted) return;
      this.#log.warn(`terminal ${id} of host ${host} cannot be recorded and is ended: ${Failure.from(thrown).message}`);
      await hosts
        .client(host)
        .call('SessionEnd', { path: { id }, query: { cause: 'ended' } }, signal)
        .catch(() => undefined);
    }
  }
}
