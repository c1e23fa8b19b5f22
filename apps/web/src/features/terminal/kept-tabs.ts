import type { SessionMode } from '@gantry/engine-api/client';
import type { TerminalTarget } from './terminal.ts';

/** A terminal as this tab of the browser remembers it over a reload. */
export interface KeptTab extends TerminalTarget {
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
  readonly tabs: readonly KeptTab[];
  /** By the id of a container, or `dock`. */
  readonly arranged: Readonly<Record<string, Arrangement>>;
  readonly isDockOpen: boolean;
}

const storageKey = 'gantry.terminals';

/** What this tab of the browser remembers; another tab has terminals of its own. Nothing that was written by something else is taken. */
export function readKept(user: string): Kept {
  const none: Kept = { user, tabs: [], arranged: {}, isDockOpen: false };
  try {
    const stored = JSON.parse(sessionStorage.getItem(storageKey) ?? 'null') as Partial<Kept> | null;
    if (stored?.user !== user || !Array.isArray(stored.tabs)) return none;
    return { ...none, ...stored, tabs: stored.tabs.filter(isTab) };
  } catch {
    return none;
  }
}

export function writeKept(change: Partial<Kept> & Pick<Kept, 'user'>): void {
  sessionStorage.setItem(storageKey, JSON.stringify({ ...readKept(change.user), ...change }));
}

function isTab(value: unknown): value is KeptTab {
  const { host, id, name, sessionId, mode } = (value ?? {}) as Partial<Record<keyof KeptTab, unknown>>;
  return [host, id, name, sessionId].every((text) => typeof text === 'string') && ['own', 'join', 'watch'].includes(String(mode));
}
