import type { Rights } from '@gantry/access';
import type { Audience } from './audience.ts';

/** One open page. */
export interface Viewer {
  readonly sessionId: string;
  readonly userId: string;
  readonly rights: Rights;
  /** Those who get the same messages; another one when the rights have changed. */
  audience: Audience;
  /** The rows and hosts that it shows now. */
  readonly watch: { keys: ReadonlySet<number>; hosts: ReadonlySet<string> };
  /** Whether what was sent before is out: a page that reads slowly gets fewer numbers, not older ones. */
  isReady(): boolean;
  send(event: string, payload: unknown): void;
  /** Moves it from the room of one audience to that of another. */
  move(from: Audience, to: Audience): void;
}

/** Sends one message to a whole audience. */
export type Broadcast = (room: string, event: string, payload: unknown) => void;
