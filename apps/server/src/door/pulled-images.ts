import { Injectable } from '@nestjs/common';

/** An image that somebody has shown to be allowed to have: a registry gave it to them, or they made it. */
export interface PulledImage {
  /** With `sha256:`. */
  readonly id: string;
  /** The reference by which they asked for it; undefined where they did not name it. */
  readonly reference: string | undefined;
}

const mostOfOne = 1000;

/** Who pulled what where. Kept in memory only: after a restart of the server a person pulls again, which costs them a question to the registry. */
@Injectable()
export class PulledImages {
  readonly #images = new Map<string, PulledImage[]>();

  add(host: string, userId: string, image: PulledImage): void {
    const key = `${host}/${userId}`;
    const others = this.of(host, userId).filter(({ id, reference }) => id !== image.id || reference !== image.reference);
    this.#images.set(key, [...others, image].slice(-mostOfOne));
  }

  of(host: string, userId: string): readonly PulledImage[] {
    return this.#images.get(`${host}/${userId}`) ?? [];
  }
}
