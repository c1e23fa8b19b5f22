import { shallowReactive, shallowRef } from 'vue';
import type { Terminal, TerminalTarget } from './terminal.ts';

let lastKey = 0;

/** All terminals of this page, oldest first. */
export const terminals = shallowRef<readonly Terminal[]>([]);

/** Opens a shell in a running container; xterm is loaded when the first one is opened. */
export async function openTerminal(target: TerminalTarget): Promise<Terminal> {
  const terminal = shallowReactive<Terminal>({
    ...target,
    key: ++lastKey,
    state: 'opening',
    said: '',
    size: '',
    isControlHeld: false,
    session: undefined,
  });
  terminals.value = [...terminals.value, terminal];
  const { startSession } = await import('./terminal-session.ts');
  terminal.session = startSession(terminal);
  return terminal;
}

export function closeTerminal(terminal: Terminal): void {
  terminal.session?.close();
  terminals.value = terminals.value.filter((one) => one !== terminal);
}
