import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Metrics } from '../operations/metrics.ts';
import { type Audience, audienceOf, type Viewer } from './viewer.ts';

const mostPerUser = 40;

/** All open pages. */
@Injectable()
export class Viewers implements OnModuleInit {
  readonly #viewers = new Set<Viewer>();

  constructor(private readonly metrics: Metrics) {}

  onModuleInit(): void {
    this.metrics.offer('gantry_open_pages', { help: 'Browser pages with a live socket.', kind: 'gauge', read: () => this.#viewers.size });
  }

  /** False where this person has too many pages open already. */
  add(viewer: Viewer): boolean {
    const ofUser = [...this.#viewers].filter(({ userId }) => userId === viewer.userId).length;
    if (ofUser >= mostPerUser) return false;
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
    const byRoom = new Map([...this.#viewers].map(({ rights }) => audienceOf(rights)).map((audience) => [audience.room, audience]));
    return [...byRoom.values()];
  }
}
