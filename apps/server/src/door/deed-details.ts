import { printable } from '../audit/audit-row.ts';
import type { GuardedCall } from './guarded-call.ts';

/** What the audit log keeps of a request beside its target: what was run, from which image, which fields were dangerous or unknown. Never environment values. */
export function detailsOf({ route, query, body }: GuardedCall, elevated: readonly string[]): Record<string, unknown> {
  const { Image, Cmd } = (body?.value ?? {}) as { Image?: string; Cmd?: string[] };
  const hasCommand = route.name === 'ContainerExec' && Cmd !== undefined;
  const name = query.values['name'];
  const dropped = (body?.dropped ?? []).slice(0, 20).map((field) => printable(field, 128));
  return {
    ...(Image === undefined ? {} : { image: printable(Image, 256) }),
    ...(typeof name === 'string' && name !== '' ? { name: printable(name, 128) } : {}),
    ...(hasCommand ? { command: printable(Cmd.join(' ')) } : {}),
    ...(elevated.length > 0 ? { elevated: [...elevated] } : {}),
    ...(dropped.length > 0 ? { dropped } : {}),
  };
}
