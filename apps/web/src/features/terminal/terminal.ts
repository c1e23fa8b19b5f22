import type { SessionMode, SessionPerson } from '@gantry/engine-api/client';
import type { TerminalKey } from './terminal-keys.ts';

export interface TerminalTarget {
  readonly host: string;
  /** Of the container; empty for a shell on the host. */
  readonly id: string;
  readonly name: string;
  /** A shell on the host itself, not in a container. */
  readonly isOfHost?: boolean;
}

/** A terminal as tabs show it; its screen is an element that moves between page and dock without losing anything. */
export interface Terminal extends TerminalTarget {
  readonly key: number;
  /** As what the person is in it. */
  readonly mode: SessionMode;
  /** What it runs; undefined takes the best shell that the image has. */
  readonly shell: string | undefined;
  /** Of the host, once it is open; by it the terminal is found again after a reload. */
  sessionId: string | undefined;
  /** `lost`: it goes on, and is shown again as soon as its host can be reached. */
  state: 'opening' | 'open' | 'lost' | 'ended';
  /** Why it ended, in the engine's words. */
  said: string;
  size: string;
  /** Everybody who is in it. */
  people: readonly SessionPerson[];
  /** The next letter is typed with Ctrl, as the key under the terminal has it. */
  isControlHeld: boolean;
  session: TerminalSession | undefined;
}

export interface TerminalSession {
  /** The element that holds the screen. */
  readonly element: HTMLElement;
  /** Fits rows and columns to the place that the element has now. */
  fit(): void;
  focus(): void;
  press(key: TerminalKey): void;
  /** Turns `isControlHeld` round. */
  holdControl(): void;
  /** Takes the screen away; the terminal itself ends where it is the person's own. */
  close(): void;
}
