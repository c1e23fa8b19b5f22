import { EventEmitter, once } from 'node:events';
import { Failure } from '@gantry/base';
import type { Engine } from '@gantry/engine-api';
import type { Socket } from 'socket.io';
import { Admission } from './admission.ts';
import type { AgentDoorOptions, VisitedDoor } from './agent-door-options.ts';
import type { AgentLink } from './agent-link.ts';
import { AgentVisit } from './agent-visit.ts';
import { commandEngine } from './command-engine.ts';
import { Places } from './places.ts';

const sweepMs = 1000;
const usualPatienceMs = 60_000;

/**
 * The server's half of the link: enrols hosts that bring a join code, lets in agents that prove their key, keeps one live link for each.
 * Give it every socket of the namespace `agentNamespace`; it trusts nothing of a socket before the proof.
 */
export class AgentDoor implements VisitedDoor, Disposable {
  readonly options: AgentDoorOptions;
  readonly admission: Admission;
  readonly #links = new Map<string, AgentLink>();
  readonly #places = new Places();
  readonly #liveness = new WeakMap<AgentLink, string>();
  /** Tells each new link under the id of its agent. */
  readonly #proven = new EventEmitter<Record<string, [AgentLink]>>().setMaxListeners(0);
  readonly #sweep: NodeJS.Timeout;

  constructor(options: AgentDoorOptions) {
    this.options = options;
    this.admission = options.admission ?? new Admission();
    this.#sweep = setInterval(() => this.#look(), sweepMs);
  }

  /** Takes over a socket that has just connected. */
  accept(socket: Socket): void {
    AgentVisit.receive(this, socket);
  }

  /** The live link of an agent. */
  link(agentId: string): AgentLink | undefined {
    return this.#links.get(agentId);
  }

  /** The engine of an agent, whichever link it has; `unavailable` while it has none or waits for approval. Commands outlive their link. */
  engine(agentId: string): Engine {
    const next = async (signal: AbortSignal): Promise<AgentLink> => (await once(this.#proven, agentId, { signal }))[0] as AgentLink;
    const current = (): AgentLink | undefined => this.#links.get(agentId);
    return commandEngine({ current, next }, this.options.commandPatienceMs ?? usualPatienceMs);
  }

  get links(): Iterable<AgentLink> {
    return this.#links.values();
  }

  /** An agent was revoked, approved or quarantined: its link ends at once and, if it may, it comes back in its new state. */
  close(agentId: string, reason: Failure): void {
    this.#links.get(agentId)?.close(reason);
  }

  /** Puts a proven link in the place of the agent's older one; `forbidden` where the same key alternates between two places. */
  async replace(link: AgentLink): Promise<void> {
    const { agentId, instanceId } = link;
    const older = this.#links.get(agentId);
    if (older) {
      const change = { from: older.instanceId, to: instanceId, silenceMs: older.silenceMs };
      if (this.#places.isAlternating(agentId, change)) await this.#quarantine(link, older);
      older.close(new Failure('conflict', 'replaced by a newer link of the same agent'));
    }
    this.#links.set(agentId, link);
    link.closed.addEventListener('abort', () => this.#remove(link), { once: true });
    this.#proven.emit(agentId, link);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#sweep);
    for (const link of [...this.#links.values()]) link.close(new Failure('unavailable', 'the server is stopping'));
  }

  async #quarantine(link: AgentLink, older: AgentLink): Promise<never> {
    const reason = `the same key is used from two places: ${older.remoteAddress} and ${link.remoteAddress}`;
    this.#places.forget(link.agentId);
    await this.options.agents.quarantine(link.agentId, reason);
    const failure = new Failure('forbidden', `agent is quarantined: ${reason}; was this host cloned?`);
    older.close(failure);
    throw failure;
  }

  #remove(link: AgentLink): void {
    if (this.#links.get(link.agentId) === link) this.#links.delete(link.agentId);
  }

  #look(): void {
    for (const link of [...this.#links.values()]) {
      const { liveness } = link;
      if (liveness === (this.#liveness.get(link) ?? 'live')) continue;
      this.#liveness.set(link, liveness);
      if (liveness === 'offline') link.close(new Failure('unavailable', 'nothing was heard from the agent for 30 s'));
      this.options.onLiveness?.(link);
    }
  }
}
