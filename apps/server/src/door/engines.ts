import type { Engine } from '@gantry/engine-api';
import { Injectable } from '@nestjs/common';
import { AgentsService } from '../agents/agents.service.ts';

/** The engines of all hosts, each over the link of its agent. Nothing here asks who may: the guard stands in front. */
@Injectable()
export class Engines {
  constructor(private readonly agents: AgentsService) {}

  /** The engine of a host; it rejects with `unavailable` while the host has no link. */
  of(hostId: string): Engine {
    return this.agents.engine(hostId);
  }
}
