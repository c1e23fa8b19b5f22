import { join } from 'node:path';
import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { runOf } from './container.ts';
import type { HostConfig, Requested, Resources, RestartPolicy } from './container-config.ts';
import { type ContainersHost, pathsOf, publish, runtimeOf } from './containers-host.ts';
import { restartPolicy } from './host-config.ts';
import type { ManagedContainer } from './managed-container.ts';
import { runtimeResources } from './runtime-resources.ts';
import { updatedResources } from './updated-resources.ts';

export interface UpdateRequest extends Requested<Resources> {
  readonly RestartPolicy?: Requested<RestartPolicy> | undefined;
}

/** The kernel's own bound of processes (PID_MAX_LIMIT): a limit that is none, for runtimes that know no word for it. */
export const mostProcesses = 4_194_304;

/**
 * Changes limits and restart policy; a running container's limits change at once. Limits that the kernel refuses are not kept. Answers warnings.
 * A wait for a restart goes on; the new policy counts from the next end on.
 */
export async function updateContainer(
  host: ContainersHost,
  container: ManagedContainer,
  request: UpdateRequest,
): Promise<readonly string[]> {
  using _held = await container.lock.hold();
  if (container.state.name === 'removing' || container.state.name === 'dead') {
    throw new Failure('conflict', messages.cannotUpdate(container.id, messages.markedForRemovalInUpdate));
  }
  const { config: hostConfig, warnings } = updated(host, container, request);
  if (runOf(container.state)) await apply(host, container, { hostConfig, isUnlimited: (request.PidsLimit ?? 1) <= 0 });
  const record = { ...container.record, hostConfig };
  await host.records.write(container.id, 'config.json', { value: record, how: 'durably' });
  container.record = record;
  publish(host, container, { action: 'update' });
  return warnings;
}

function updated(
  { limits }: ContainersHost,
  { id, record }: ManagedContainer,
  { RestartPolicy: policy, ...resources }: UpdateRequest,
): { readonly config: HostConfig; readonly warnings: readonly string[] } {
  const current = record.hostConfig;
  const wanted = policy?.Name ? restartPolicy(policy) : current.RestartPolicy;
  try {
    if (current.AutoRemove && wanted.Name !== 'no') throw new Failure('conflict', messages.policyAndAutoRemove);
    const { config, warnings } = updatedResources(current, resources, limits);
    return { config: { ...config, RestartPolicy: wanted }, warnings };
  } catch (cause) {
    const { code, message } = Failure.from(cause);
    throw code === 'conflict' ? new Failure('conflict', messages.cannotUpdate(id, message), { cause }) : cause;
  }
}

async function apply(
  host: ContainersHost,
  { id, record }: ManagedContainer,
  { hostConfig, isUnlimited }: { hostConfig: HostConfig; isUnlimited: boolean },
): Promise<void> {
  const resources = { ...(await runtimeResources(hostConfig)), ...(isUnlimited && { pids: { limit: mostProcesses } }) };
  const runtime = runtimeOf(host, id);
  const scratch = join(pathsOf(host, id).bundle, 'update.json');
  try {
    await runtime.update(id, resources, scratch);
  } catch (cause) {
    // The runtime writes one file after another: what it has written before the one that was refused is taken back.
    await runtime.update(id, await runtimeResources(record.hostConfig), scratch).catch(() => undefined);
    const { code, message } = Failure.from(cause);
    throw new Failure(code, messages.cannotUpdate(id, message), { cause });
  }
}
