import { join } from 'node:path';
import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { runOf } from './container.ts';
import type { Requested, Resources, RestartPolicy } from './container-config.ts';
import { type ContainersHost, pathsOf, publish, runtimeOf } from './containers-host.ts';
import { restartPolicy, updatedResources } from './host-config.ts';
import type { ManagedContainer } from './managed-container.ts';
import { runtimeResources } from './runtime-resources.ts';

export interface UpdateRequest extends Requested<Resources> {
  readonly RestartPolicy?: Requested<RestartPolicy> | undefined;
}

/** Changes limits and restart policy; a running container's limits change at once. Limits that the kernel refuses are not kept. */
export async function updateContainer(host: ContainersHost, container: ManagedContainer, request: UpdateRequest): Promise<void> {
  using _held = await container.lock.hold();
  if (container.state.name === 'removing' || container.state.name === 'dead') {
    throw new Failure('conflict', `cannot update container ${container.id}: ${messages.markedForRemoval}`);
  }
  const { RestartPolicy: policy, ...resources } = request;
  const current = container.record.hostConfig;
  const changed = updatedResources(current, resources);
  if (current.AutoRemove && policy?.Name && policy.Name !== 'no') {
    throw new Failure('invalid', 'Restart policy cannot be updated because AutoRemove is enabled for the container');
  }
  const hostConfig = { ...changed, RestartPolicy: policy?.Name ? restartPolicy(policy) : current.RestartPolicy };
  if (runOf(container.state)) {
    await runtimeOf(host, container.id).update(
      container.id,
      await runtimeResources(hostConfig),
      join(pathsOf(host, container.id).bundle, 'update.json'),
    );
  }
  const record = { ...container.record, hostConfig };
  await host.records.write(container.id, 'config.json', { value: record, how: 'durably' });
  container.record = record;
  publish(host, container, { action: 'update' });
}
