import { Injectable } from '@nestjs/common';
import type { AgentLink } from '@gantry/link';
import { AgentsService } from '../agents/agents.service.ts';
import { Fleet } from '../fleet/fleet.ts';
import { AudienceSight } from './audience-sight.ts';

/** Tells each agent which of its containers somebody looks at, when that changes, and again on a new link. */
@Injectable()
export class WatchRelay {
  readonly #told = new WeakMap<AgentLink, string>();

  constructor(
    private readonly agents: AgentsService,
    private readonly fleet: Fleet,
    private readonly sight: AudienceSight,
  ) {}

  tell(): void {
    const watched = this.#byHost();
    for (const link of this.agents.links) {
      const ids = [...(watched.get(link.agentId) ?? [])].sort();
      const text = ids.join(' ');
      if (text === (this.#told.get(link) ?? '')) continue;
      this.#told.set(link, text);
      link.watch(ids);
    }
  }

  #byHost(): Map<string, Set<string>> {
    const watched = new Map<string, Set<string>>();
    for (const { watch, audience } of this.sight.viewers.all) {
      for (const key of watch.keys) {
        if (!this.sight.mayHaveNumbersOf(audience, key)) continue;
        const place = this.fleet.place(key);
        if (!place) continue;
        const ids = watched.get(place.host) ?? new Set();
        watched.set(place.host, ids.add(place.id));
      }
    }
    return watched;
  }
}
