import { once } from 'node:events';
import { type Engine, type EngineClient, engineClient } from '@gantry/engine-api';
import { attachedSessions, terminalSessions } from '@gantry/link';
import { Injectable } from '@nestjs/common';
import { AgentsService } from '../agents/agents.service.ts';
import { HostDirectory, type KnownHost } from '../hosts/host-directory.ts';
import { Settings } from '../settings/settings.ts';

/** The hosts whose terminals are kept, and their engines on the server's own behalf. */
@Injectable()
export class TerminalHosts {
  constructor(
    private readonly agents: AgentsService,
    private readonly hosts: HostDirectory,
    private readonly settings: Settings,
  ) {}

  /** How long a terminal stays that nobody is attached to. */
  get keepSeconds(): number {
    return this.settings.config.terminalKeepMinutes * 60;
  }

  engine(host: string): Engine {
    return this.agents.engine(host);
  }

  client(host: string): EngineClient {
    return engineClient(this.engine(host), { caller: { kind: 'gantry', part: 'terminals' } });
  }

  /** Hears each new link of a host whose agent keeps terminals. */
  onLink(hear: (host: string) => void): Disposable {
    const live = new Set<string>();
    const look = ({ id, link }: KnownHost): void => {
      const isLive = link !== 'offline' && this.isLinked(id);
      if (isLive && !live.has(id)) hear(id);
      if (isLive) live.add(id);
      else live.delete(id);
    };
    this.hosts.changes.on('changed', look);
    return { [Symbol.dispose]: () => void this.hosts.changes.off('changed', look) };
  }

  /** Hears each host that is removed: it has no link again. */
  onRemoved(hear: (host: string) => void): Disposable {
    this.hosts.changes.on('removed', hear);
    return { [Symbol.dispose]: () => void this.hosts.changes.off('removed', hear) };
  }

  /** Resolves when the host has a link; rejects when the signal aborts. */
  async linked(host: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while (!this.isLinked(host)) await once(this.hosts.changes, 'changed', { signal });
  }

  /** As people call it. */
  nameOf(host: string): string {
    return this.hosts.find(host)?.name ?? host;
  }

  /** Its agent keeps what docker clients open, too. */
  keepsAttached(host: string): boolean {
    return this.agents.link(host)?.capabilities.includes(attachedSessions) === true;
  }

  /** It has a link now, and its agent keeps terminals. */
  isLinked(host: string): boolean {
    return this.agents.link(host)?.capabilities.includes(terminalSessions) === true;
  }
}
