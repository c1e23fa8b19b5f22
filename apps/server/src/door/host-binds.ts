import type { GuardedCall } from './guarded-call.ts';
import type { Sight } from './sight.ts';

const archiveRows: ReadonlySet<string> = new Set(['ContainerArchiveInfo', 'ContainerArchive', 'PutContainerArchive']);

/**
 * `docker cp` cannot ask for paths of the host that are mounted into a container: whoever may reach them does. Our own rows of files have to be asked for them
 * (`hostBinds`, an elevated field).
 */
export function withHostBinds(call: GuardedCall, sight: Sight): GuardedCall {
  if (!archiveRows.has(call.route.name) || !sight.may('container:elevated')) return call;
  const text = new URLSearchParams(call.query.text);
  text.set('hostBinds', '1');
  return { ...call, query: { values: { ...call.query.values, hostBinds: '1' }, text: text.toString() } };
}
