import { Injectable } from '@nestjs/common';
import { type Audience, audienceOf, type Viewer } from './viewer.ts';

const mostPerUser = 40;

/** All open pages. */
@Injectable()
export class Viewers {
  readonly #viewers = new Set<Viewer>();

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

  get count(): number {
    return this.#viewers.size;
  }

  /** Each once. */
  get audiences(): Audience[] {
    const byRoom = new Map([...this.#viewers].map(({ grants }) => audienceOf(grants)).map((audience) => [audience.room, audience]));
    return [...byRoom.values()];
  }
}
