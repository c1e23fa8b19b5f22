import type { Rights } from '@gantry/access';

/** One open page. */
export interface Viewer {
  readonly sessionId: string;
  readonly userId: string;
  readonly rights: Rights;
  /** The rows and hosts that it shows now. */
  readonly watch: { keys: ReadonlySet<number>; hosts: ReadonlySet<string> };
  /** Whether what was sent before is out: a page that reads slowly gets fewer numbers, not older ones. */
  isReady(): boolean;
  send(event: string, payload: unknown): void;
}

/** Everybody whose rights come to the same: they get the same messages, made once. */
export interface Audience {
  readonly room: string;
  readonly rights: Rights;
}

/** Sends one message to a whole audience. */
export type Broadcast = (room: string, event: string, payload: unknown) => void;

export function audienceOf(rights: Rights): Audience {
  return { room: `audience:${JSON.stringify([rights.grants, rights.within])}`, rights };
}
