import type { SessionMode } from '@gantry/engine-api/client';
import { shallowReactive, shallowRef } from 'vue';
import type { Terminal, TerminalTarget } from './terminal.ts';

let lastKey = 0;

/** All terminals of this page, oldest first. */
export const terminals = shallowRef<readonly Terminal[]>([]);
export const isDockOpen = shallowRef(false);

/** What stands for a terminal: one to be opened, or a session that is there already. */
export interface ShownTerminal extends TerminalTarget {
  readonly mode?: SessionMode;
  readonly sessionId?: string;
  readonly shell?: string | undefined;
}

/** Opens a shell in a running container, or shows a session; xterm is loaded when the first one is shown. */
export async function openTerminal({ mode = 'own', sessionId, shell, ...target }: ShownTerminal): Promise<Terminal> {
  const terminal = shallowReactive<Terminal>({
    ...target,
    mode,
    shell,
    sessionId,
    key: ++lastKey,
    state: 'opening',
    said: '',
    size: '',
    people: [],
    isControlHeld: false,
    session: undefined,
  });
  terminals.value = [...terminals.value, terminal];
  const { startSession } = await import('./terminal-session.ts');
  // It may have been closed while its part of the app was on the way.
  if (terminals.value.includes(terminal)) terminal.session = startSession(terminal);
  return terminal;
}

export function closeTerminal(terminal: Terminal): void {
  terminal.session?.close();
  terminals.value = terminals.value.filter((one) => one !== terminal);
}
