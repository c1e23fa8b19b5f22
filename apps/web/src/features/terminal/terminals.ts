import type { SessionMode } from '@gantry/engine-api/client';
import { shallowReactive, shallowRef } from 'vue';
import { type Arrangement, type KeptTab, readKept, writeKept } from './kept-tabs.ts';
import type { Terminal, TerminalTarget } from './terminal.ts';

let lastKey = 0;
let user = '';

/** All terminals of this page, oldest first. */
export const terminals = shallowRef<readonly Terminal[]>([]);
export const isDockOpen = shallowRef(false);

/** Opens a shell in a running container; xterm is loaded when the first one is opened. */
export function openTerminal(target: TerminalTarget, shell?: string): Promise<Terminal> {
  return show({ ...target, mode: 'own', sessionId: undefined, shell });
}

/** Shows a terminal that is open already, one's own or that of somebody else; one that is shown here already in the same way stays as it is. */
export async function showSession(tab: KeptTab): Promise<Terminal> {
  const shown = terminals.value.find(({ sessionId, mode, state }) => sessionId === tab.sessionId && mode === tab.mode && state !== 'ended');
  return shown ?? show({ ...tab, shell: undefined });
}

/** Takes up again what this tab of the browser had open before it was loaded; of another person nothing. */
export function restoreTerminals(me: string): void {
  if (user === me) return;
  for (const terminal of terminals.value) terminal.session?.close();
  terminals.value = [];
  user = me;
  const { tabs, isDockOpen: wasOpen } = readKept(me);
  isDockOpen.value = wasOpen && tabs.length > 0;
  for (const tab of tabs) void showSession(tab);
}

export function closeTerminal(terminal: Terminal): void {
  terminal.session?.close();
  terminals.value = terminals.value.filter((one) => one !== terminal);
  keepTerminals();
}

/** To be called when a terminal has got its session, or has ended. */
export function keepTerminals(): void {
  if (user === '') return;
  const tabs = terminals.value.flatMap(({ host, id, name, sessionId, mode, state }) =>
    sessionId === undefined || state === 'ended' ? [] : [{ host, id, name, sessionId, mode }],
  );
  writeKept({ user, tabs, isDockOpen: isDockOpen.value });
}

/** Which terminals stood in front at a place: on the page of a container by its id, or in the dock. */
export function arrangementOf(place: string): Arrangement {
  return readKept(user).arranged[place] ?? {};
}

export function keepArrangement(place: string, arrangement: Arrangement): void {
  if (user !== '') writeKept({ user, arranged: { ...readKept(user).arranged, [place]: arrangement } });
}

interface Shown extends TerminalTarget {
  readonly mode: SessionMode;
  readonly sessionId: string | undefined;
  readonly shell: string | undefined;
}

async function show({ host, id, name, mode, sessionId, shell }: Shown): Promise<Terminal> {
  const terminal = shallowReactive<Terminal>({
    ...{ host, id, name, mode, sessionId, shell },
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
