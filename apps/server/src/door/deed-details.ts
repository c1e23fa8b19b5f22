import { printable } from '../audit/audit-row.ts';
import type { GuardedCall } from './guarded-call.ts';

/** What the audit log keeps of a request beside its target: what was run, from which image, of which file, which fields were dangerous or unknown. Never environment values. */
export function detailsOf({ route, query, body }: GuardedCall, elevated: readonly string[]): Record<string, unknown> {
  const { Image, Cmd } = (body?.value ?? {}) as { Image?: string; Cmd?: string[] };
  const hasCommand = route.name === 'ContainerExec' && Cmd !== undefined;
  const names = Object.fromEntries(
    ['name', 'path', 'from', 'to'].flatMap((key) => {
      const value = query.values[key];
      return typeof value === 'string' && value !== '' ? [[key, printable(value, 256)]] : [];
    }),
  );
  const dropped = (body?.dropped ?? []).slice(0, 20).map((field) => printable(field, 128));
  return {
    ...(Image === undefined ? {} : { image: printable(Image, 256) }),
    ...names,
    ...(hasCommand ? { command: printable(Cmd.join(' ')) } : {}),
    ...(elevated.length > 0 ? { elevated: [...elevated] } : {}),
    ...(dropped.length > 0 ? { dropped } : {}),
  };
}
