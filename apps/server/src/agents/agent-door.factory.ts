import { AgentDoor, type AgentDoorOptions } from '@gantry/link';
import { Injectable } from '@nestjs/common';
import { JoinCodesService } from '../hosts/join-codes.service.ts';
import { Settings } from '../settings/settings.ts';
import { AgentStores } from './agent-stores.ts';
import type { Reports } from './reports.ts';

/** Puts the agents' door together from what the server stores. */
@Injectable()
export class AgentDoorFactory {
  constructor(
    private readonly settings: Settings,
    private readonly joinCodes: JoinCodesService,
    private readonly agents: AgentStores,
  ) {}

  async open(
    others: Pick<AgentDoorOptions, 'onLink' | 'onSamples' | 'onLiveness' | 'onRefused'> & { reports: Reports },
  ): Promise<AgentDoor> {
    const { keys, config } = this.settings;
    const epoch = await this.agents.nextEpoch();
    const ca = config.tls ? { ca: keys.authority.certificate } : {};
    return new AgentDoor({ identity: keys.identity, epoch, agents: this.agents, joinCodes: this.joinCodes, ...ca, ...others });
  }
}
