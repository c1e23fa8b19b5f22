import type { FleetRow } from '@gantry/engine-api';

/** The stack that a container's labels name: those that compose writes. A stack is a project on one host. */
export function stackOf(host: string, labels: Readonly<Record<string, string>>): FleetRow['stack'] {
  const project = labels['com.docker.compose.project'];
  const service = labels['com.docker.compose.service'];
  return project === undefined || service === undefined ? undefined : { id: `${host}/${project}`, service, source: 'compose' };
}
