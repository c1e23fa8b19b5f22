import type { TerminalKey } from './terminal-keys.ts';

export interface TerminalTarget {
  readonly host: string;
  readonly id: string;
  readonly name: string;
}

/** A terminal as tabs show it; its screen is an element that moves between page and dock without losing anything. */
export interface Terminal extends TerminalTarget {
  readonly key: number;
  state: 'opening' | 'open' | 'ended';
  /** Why it ended, in the engine's words. */
  said: string;
  size: string;
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
  close(): void;
}
