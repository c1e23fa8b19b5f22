import { Failure } from '@gantry/base';
import type { Engine } from '@gantry/engine-api';
import { AgentDoor, type AgentLink, type Samples as SamplesReport } from '@gantry/link';
import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { HostDirectory } from '../hosts/host-directory.ts';
import { AgentDoorFactory } from './agent-door.factory.ts';
import { Intake } from './intake.ts';

/** The links of all agents: one each, and what becomes of it when a person decides about its host. */
@Injectable()
export class AgentsService implements OnModuleInit, OnModuleDestroy {
  readonly #log = new Logger('agents');
  #door: AgentDoor | undefined;

  constructor(
    private readonly factory: AgentDoorFactory,
    private readonly hosts: HostDirectory,
    private readonly intake: Intake,
  ) {}

  async onModuleInit(): Promise<void> {
    const { reports } = this.intake;
    this.#door = await this.factory.open({
      reports,
      onLink: (link) => this.#welcome(link),
      onSamples: ({ agentId }, samples) => this.#take(agentId, samples),
      onLiveness: ({ agentId, liveness }) => this.hosts.noteLink(agentId, liveness),
      onRefused: (address, { message }) => this.#log.warn(`an agent from ${address} was refused: ${message}`),
    });
    reports.changes.on('differs', (id) => this.link(id)?.resync());
    this.hosts.changes.on('decided', ({ id }) =>
      this.#door?.close(id, new Failure('unavailable', 'a person has decided about this host: connect again')),
    );
    this.hosts.changes.on('removed', (id) => this.#door?.close(id, new Failure('forbidden', 'this host was removed')));
  }

  onModuleDestroy(): void {
    this.#door?.[Symbol.dispose]();
  }

  get door(): AgentDoor {
    if (!this.#door) throw new Failure('unavailable', 'the server is starting');
    return this.#door;
  }

  /** The live link of a host, undefined where it has none or waits for approval. */
  link(hostId: string): AgentLink | undefined {
    const link = this.#door?.link(hostId);
    return link?.state === 'active' ? link : undefined;
  }

  /** The engine of a host over the link that it has; `unavailable` where it has none or waits for approval. Commands outlive their link. */
  engine(hostId: string): Engine {
    return this.door.engine(hostId);
  }

  /** Of hosts that are let in. */
  get links(): AgentLink[] {
    return [...(this.#door?.links ?? [])].filter(({ state }) => state === 'active');
  }

  #welcome(link: AgentLink): void {
    const { agentId } = link;
    this.hosts.noteLink(agentId, 'live');
    link.closed.addEventListener('abort', () => {
      if (!this.#door?.link(agentId)) this.hosts.noteLink(agentId, 'offline');
    });
  }

  #take(hostId: string, samples: SamplesReport): void {
    this.intake.samples.apply(hostId, samples);
    if (samples.host) this.hosts.noteLoad(hostId, { atMs: samples.atMs, ...samples.host });
  }
}
