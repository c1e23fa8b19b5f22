import { join } from 'node:path';
import { Failure } from '@gantry/base';
import type { Engine } from '@gantry/engine-api';
import {
  attachedSessions,
  commandsOnce,
  type HostFacts,
  type Membership,
  ServerEpoch,
  ServerLink,
  Spool,
  terminalSessions,
  type Wire,
} from '@gantry/link';
import { Cgroups } from '@gantry/linux';
import type { AgentConfig } from './config.ts';
import { hostFacts } from './host/host-facts.ts';
import { Inventory } from './inventory/inventory.ts';
import { joinServer, openIdentity } from './membership/join-server.ts';
import { readMembership, writeMembership } from './membership/membership-file.ts';
import { HostSampler } from './samples/host-sampler.ts';
import { Sampler } from './samples/sampler.ts';

export interface RunningAgent {
  readonly config: AgentConfig & { mode: 'run' };
  readonly engine: Engine;
  readonly facts: HostFacts['engine'];
  /** Serves the engine on a connection to the server. */
  readonly serve: (wire: Wire) => void;
  /** One line of what happens, for whoever started the agent. */
  readonly say: (event: string, details: Record<string, unknown>) => void;
}

/** Joins where that is still to be done, then tells and serves until the signal aborts. */
export async function runAgent(agent: RunningAgent, signal: AbortSignal): Promise<void> {
  const { config, facts, say } = agent;
  const { dataRoot, serverUrl, codeFile } = config;
  const membership = await joinServer(
    { dataRoot, serverUrl, codeFile, facts: await hostFacts(facts), onWaiting: (what) => say('waiting', { what }) },
    signal,
  );
  await using spool = await Spool.open(join(dataRoot, 'agent', 'spool'));
  await new LiveAgent(agent, { membership, spool }).run(signal);
}

/** The parts that run side by side once the host belongs to a server. */
class LiveAgent {
  readonly #agent: RunningAgent;
  readonly #membership: Membership;
  readonly #spool: Spool;
  readonly #inventory: Inventory;
  readonly #sampler: Sampler;
  readonly #joinedAnew = new AbortController();
  #link: ServerLink | undefined;

  constructor(agent: RunningAgent, { membership, spool }: { membership: Membership; spool: Spool }) {
    this.#agent = agent;
    this.#membership = membership;
    this.#spool = spool;
    const { engine, say, config } = agent;
    this.#inventory = new Inventory({
      engine,
      report: (make) => spool.append(make),
      onEngine: (failure) => say('engine', failure ? { state: 'away', reason: failure.message } : { state: 'answers' }),
    });
    const host = new HostSampler(config.dataRoot);
    this.#sampler = new Sampler({
      cgroups: new Cgroups(),
      running: () => this.#inventory.running,
      host: () => host.sample(),
      onLive: (samples) => this.#link?.sendSamples(samples),
      onHistory: (body) => void spool.append(() => ({ kind: 'history', body })),
      onFailure: ({ message }) => say('samples-failed', { reason: message }),
    });
  }

  /** Ends with the signal; rejects with `unavailable` where this host was joined anew meanwhile: whoever starts the agent again starts the new one. */
  async run(signal: AbortSignal): Promise<void> {
    const { config, serve, say } = this.#agent;
    const link = new ServerLink({
      membership: this.#membership,
      identity: await openIdentity(config.dataRoot),
      spool: this.#spool,
      epoch: await ServerEpoch.open(join(config.dataRoot, 'agent', 'epoch.json'), this.#membership.serverFingerprint),
      capabilities: [commandsOnce, terminalSessions, attachedSessions],
      serve,
      onAuthority: (membership) => writeMembership(config.dataRoot, membership),
      onWatch: (ids) => this.#sampler.watch(ids),
      onResync: () => this.#inventory.tellAll(),
      onConnected: ({ state }) => {
        say('connected', { url: this.#membership.url, agentId: this.#membership.agentId, state });
        void this.#introduce();
      },
      onDown: ({ code, message }, nextInMs) => {
        this.#sampler.watch([]);
        say('link-down', { code, reason: message, nextInMs });
        void this.#lookForAnother();
      },
    });
    this.#link = link;
    const over = AbortSignal.any([signal, this.#joinedAnew.signal]);
    await Promise.all([link.run(over), this.#inventory.run(over), this.#sampler.run(over)]);
    if (!signal.aborted) this.#joinedAnew.signal.throwIfAborted();
  }

  /** A host that a server has let go, or whose server is gone, may have been given another one while its agent ran. */
  async #lookForAnother(): Promise<void> {
    const stored = await readMembership(this.#agent.config.dataRoot).catch(() => undefined); // a file that is damaged names no other
    if (stored === undefined || stored.agentId === this.#membership.agentId) return;
    this.#joinedAnew.abort(new Failure('unavailable', `this host has joined ${stored.url} meanwhile: the agent has to start again`));
  }

  /** What the host is, and by its hash what it has: the server asks for more if it knows otherwise. */
  async #introduce(): Promise<void> {
    try {
      const body = await hostFacts(this.#agent.facts);
      this.#spool.append(() => ({ kind: 'host', body }));
      this.#inventory.tellHash();
    } catch (thrown) {
      this.#agent.say('introduction-failed', { reason: Failure.from(thrown).message });
    }
  }
}
