import type { Grant } from '@gantry/access';

/** One open page. */
export interface Viewer {
  readonly sessionId: string;
  readonly userId: string;
  readonly grants: readonly Grant[];
  /** The rows and hosts that it shows now. */
  readonly watch: { keys: ReadonlySet<number>; hosts: ReadonlySet<string> };
  /** Whether what was sent before is out: a page that reads slowly gets fewer numbers, not older ones. */
  isReady(): boolean;
  send(event: string, payload: unknown): void;
}

/** Everybody whose grants come to the same: they get the same messages, made once. */
export interface Audience {
  readonly room: string;
  readonly grants: readonly Grant[];
}

/** Sends one message to a whole audience. */
export type Broadcast = (room: string, event: string, payload: unknown) => void;

export function audienceOf(grants: readonly Grant[]): Audience {
  return { room: `audience:${JSON.stringify(grants)}`, grants };
}
