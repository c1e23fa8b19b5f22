import type { Session } from '../sessions/session.ts';
import type { HostShell } from './host-shell.ts';

/** Ends a shell on the host soon after its policy forbids one: who is in it has no more right than who would enter. Resolves when it has ended; never rejects. */
export async function endWhenForbidden(session: Pick<Session, 'finished' | 'end'>, shell: HostShell): Promise<void> {
  const over = new AbortController();
  void session.finished.then(() => over.abort());
  try {
    await shell.whenForbidden(over.signal);
    await session.end({ cause: 'taken-away' });
  } catch {
    // It ended before the policy forbade it.
  }
}
