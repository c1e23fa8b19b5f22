import { printable } from '../audit/audit-row.ts';
import type { GuardedCall } from './guarded-call.ts';

/** Parameters of a query that say what was done, and to what; values that are not given stay out. */
const told = [
  ...['name', 'path', 'from', 'to', 'container'],
  ...['mode', 'uid', 'gid', 'recursive', 'overwrite', 'parents', 'noOverwriteDirNonDir', 'copyUIDGID', 'mostBytes', 'hostBinds'],
] as const;

/**
 * What the audit log keeps of a request beside its target: what was run, from which image, of which file and how, to where a container was asked to connect, which fields
 * were dangerous or unknown. Never environment values.
 */
export function detailsOf({ route, path, query, body }: GuardedCall, elevated: readonly string[]): Record<string, unknown> {
  const { Image, Cmd } = (body?.value ?? {}) as { Image?: string; Cmd?: string[] };
  const hasCommand = route.name === 'ContainerExec' && Cmd !== undefined;
  const parameters = Object.fromEntries(
    told.flatMap((key) => {
      const value = query.values[key];
      return typeof value === 'string' && value !== '' ? [[key, printable(value, 256)]] : [];
    }),
  );
  const dropped = (body?.dropped ?? []).slice(0, 20).map((field) => printable(field, 128));
  return {
    ...(Image === undefined ? {} : { image: printable(Image, 256) }),
    ...(isOnContainer(route.name) ? { container: path['id'] } : {}),
    ...parameters,
    ...(route.name === 'GantryTopologyProbe' ? probedPlace(body?.value) : {}),
    ...(hasCommand ? { command: printable(Cmd.join(' ')) } : {}),
    ...(elevated.length > 0 ? { elevated: [...elevated] } : {}),
    ...(dropped.length > 0 ? { dropped } : {}),
  };
}

/** Its target says the container as the caller named it; the full id says which it was. */
function isOnContainer(name: GuardedCall['route']['name']): boolean {
  return name.startsWith('ContainerFile') || name === 'PutContainerArchive' || name === 'ContainerRecreate';
}

function probedPlace(body: unknown): Record<string, unknown> {
  const { Container, Host, Port } = (body ?? {}) as { Container?: string; Host?: string; Port?: number };
  return { container: Container, host: printable(Host ?? '', 256), port: Port };
}
