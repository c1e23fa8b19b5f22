import type { SessionMode } from '@gantry/engine-api/client';
import { watch } from 'vue';
import { useSession } from '../../api/session.ts';
import type { Terminal, TerminalTarget } from './terminal.ts';
import { closeTerminal, isDockOpen, openTerminal, terminals } from './terminals.ts';

/** A terminal as this tab of the browser remembers it over a reload. */
export interface KeptTerminal extends TerminalTarget {
  readonly sessionId: string;
  readonly mode: SessionMode;
}

/** Which of them stand in front, by their sessions. */
export interface Arrangement {
  readonly chosen?: string | undefined;
  readonly pinned?: string | undefined;
}

interface Kept {
  readonly user: string;
  readonly tabs: readonly KeptTerminal[];
  /** By the id of a container, or `dock`. */
  readonly arranged: Readonly<Record<string, Arrangement>>;
  readonly isDockOpen: boolean;
}

/** The shell looks for it, so that this part of the app is loaded only where something is to be restored. */
const storageKey = 'gantry.terminals';
let user = '';

/** Takes up again what this tab of the browser had open before it was loaded, once for each person; of another person nothing. */
export function restoreTerminals(): void {
  const me = useSession().me?.id;
  if (me === undefined || user === me) return;
  if (user !== '') for (const terminal of terminals.value) closeTerminal(terminal);
  user = me;
  const { tabs, isDockOpen: wasOpen } = read();
  if (wasOpen && tabs.length > 0) isDockOpen.value = true;
  for (const tab of tabs) void openTerminal(tab);
}

/** Shows a terminal that is open already, one's own or that of somebody else; one that is shown here already in the same way stays as it is. */
export async function showSession(session: KeptTerminal): Promise<Terminal> {
  const { sessionId: id, mode } = session;
  const shown = terminals.value.find((one) => one.sessionId === id && one.mode === mode && one.state !== 'ended');
  return shown ?? openTerminal(session);
}

/** Which terminals stood in front at a place: on the page of a container by its id, or in the dock. */
export function arrangementOf(place: string): Arrangement {
  return read().arranged[place] ?? {};
}

export function keepArrangement(place: string, arrangement: Arrangement): void {
  write({ arranged: { ...read().arranged, [place]: arrangement } });
}

// What is there, for as long as the page is.
watch([terminals, isDockOpen, () => terminals.value.map(({ sessionId, state }) => `${sessionId ?? ''} ${state}`).join()], () => {
  const tabs = terminals.value.flatMap(({ host, id, name, isOfHost = false, sessionId, mode, state }) =>
    sessionId === undefined || state === 'ended' ? [] : [{ host, id, name, isOfHost, sessionId, mode }],
  );
  write({ tabs, isDockOpen: isDockOpen.value });
});

/** Another tab of the browser has terminals of its own. Nothing that was written by something else is taken. */
function read(): Kept {
  const none: Kept = { user, tabs: [], arranged: {}, isDockOpen: false };
  try {
    const stored = JSON.parse(sessionStorage.getItem(storageKey) ?? 'null') as Partial<Kept> | null;
    if (stored?.user !== user || !Array.isArray(stored.tabs)) return none;
    return { ...none, ...stored, tabs: stored.tabs.filter(isKept) };
  } catch {
    return none;
  }
}

function write(change: Partial<Kept>): void {
  if (user !== '') sessionStorage.setItem(storageKey, JSON.stringify({ ...read(), ...change }));
}

function isKept(value: unknown): value is KeptTerminal {
  const { host, id, name, sessionId, mode } = (value ?? {}) as Partial<Record<keyof KeptTerminal, unknown>>;
  return [host, id, name, sessionId].every((text) => typeof text === 'string') && ['own', 'join', 'watch'].includes(String(mode));
}
