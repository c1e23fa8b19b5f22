import { Injectable, type OnModuleInit } from '@nestjs/common';
import { RightsService } from '../access/rights.service.ts';
import { Metrics } from '../operations/metrics.ts';
import { type Audience, audienceOf } from './audience.ts';
import type { Viewer } from './viewer.ts';

const mostPerUser = 40;

/** All open pages. */
@Injectable()
export class Viewers implements OnModuleInit {
  readonly #viewers = new Set<Viewer>();

  constructor(
    private readonly metrics: Metrics,
    readonly rights: RightsService,
  ) {}

  onModuleInit(): void {
    this.metrics.offer('gantry_open_pages', { help: 'Browser pages with a live socket.', kind: 'gauge', read: () => this.#viewers.size });
  }

  /** False where this person has too many pages open already. */
  add(viewer: Viewer): boolean {
    const ofUser = [...this.#viewers].filter(({ userId }) => userId === viewer.userId).length;
    if (ofUser >= mostPerUser) return false;
    viewer.audience = this.#shared(viewer.audience);
    this.#viewers.add(viewer);
    return true;
  }

  remove(viewer: Viewer): void {
    this.#viewers.delete(viewer);
  }

  get all(): Iterable<Viewer> {
    return this.#viewers;
  }

  /** Each once. */
  get audiences(): Audience[] {
    return [...new Map([...this.#viewers].map(({ audience }) => [audience.room, audience])).values()];
  }

  /** Looks at the rights of all again; those whose are not what they were belong to another audience from here on. */
  regroup(): Viewer[] {
    return [...this.#viewers].filter((viewer) => {
      const [from, to] = [viewer.audience, audienceOf(viewer.rights)];
      if (from.room === to.room) return false;
      viewer.audience = this.#shared(to);
      viewer.move(from, viewer.audience);
      return true;
    });
  }

  #shared(audience: Audience): Audience {
    return this.audiences.find(({ room }) => room === audience.room) ?? audience;
  }
}
