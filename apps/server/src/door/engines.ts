import type { Engine } from '@gantry/engine-api';
import { Injectable } from '@nestjs/common';
import { AgentsService } from '../agents/agents.service.ts';
import { recordedEngine } from '../recordings/recorded-engine.ts';
import { TerminalRecorder } from '../recordings/terminal-recorder.ts';
import { LiveTerminals } from '../terminals/live-terminals.ts';

/** The engines of all hosts, each over the link of its agent. Nothing here asks who may: the guard stands in front. */
@Injectable()
export class Engines {
  constructor(
    private readonly agents: AgentsService,
    private readonly recorder: TerminalRecorder,
    private readonly terminals: LiveTerminals,
  ) {}

  /** The engine of a host, its terminals recorded and kept; it rejects with `unavailable` while the host has no link. */
  of(hostId: string): Engine {
    const recorded = recordedEngine({ engine: this.agents.engine(hostId), host: hostId, recorder: this.recorder });
    return this.terminals.keeping(hostId, recorded);
  }
}
