import type { AgentKeys } from '@gantry/link';
import { Injectable } from '@nestjs/common';
import { HostDirectory } from '../hosts/host-directory.ts';
import { HostsStore } from '../hosts/hosts.store.ts';
import { InstallationStore } from '../operations/installation.store.ts';

/** What is stored about agents: their keys, what they report, how often this server has started. */
@Injectable()
export class AgentStores implements AgentKeys {
  constructor(
    private readonly hosts: HostsStore,
    private readonly directory: HostDirectory,
    private readonly installation: InstallationStore,
  ) {}

  /** Grows with each start of the server, also of one that was restored from a copy. */
  nextEpoch(): Promise<number> {
    return this.installation.nextEpoch();
  }

  async find(agentId: string): ReturnType<AgentKeys['find']> {
    if (!isHostId(agentId)) return undefined;
    const host = await this.hosts.find(agentId);
    if (!host) return undefined;
    const state = host.status === 'active' || host.status === 'pending' ? host.status : 'quarantined';
    return { publicKey: host.publicKey, state };
  }

  async quarantine(agentId: string): Promise<void> {
    const stored = await this.hosts.update(agentId, { status: 'quarantined' });
    if (stored) this.directory.stored(stored, 'described');
  }
}

function isHostId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}
