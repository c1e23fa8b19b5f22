import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import type { ContainerId } from '../ids.ts';
import { runOf } from './container.ts';
import type { HostConfig, Requested, Resources, RestartPolicy } from './container-config.ts';
import { type ContainersHost, pathsOf, publish, runtimeOf } from './containers-host.ts';
import { restartPolicy } from './host-config.ts';
import type { ManagedContainer } from './managed-container.ts';
import { runtimeResources } from './runtime-resources.ts';
import { updatedResources } from './updated-resources.ts';
import { durableStep } from '../state/durable-step.ts';
import { isThere } from '../state/is-there.ts';

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
  const record = { ...container.record, hostConfig };
  const keep = (): Promise<void> =>
    durableStep('container.update', () => host.records.write(container.id, 'config.json', { value: record, how: 'durably' }));
  if (runOf(container.state)) {
    await using _mark = await marked(host, container);
    await durableStep('container.limits', () => apply(host, container, { hostConfig, isUnlimited: (request.PidsLimit ?? 1) <= 0 }));
    await keep().catch(async (cause: unknown) => {
      await limitAgain(host, container);
      throw cause;
    });
  } else await keep();
  container.record = record;
  publish(host, container, { action: 'update' });
  return warnings;
}

/** While its limits and its record may differ, a file in the bundle says so. */
async function marked(host: ContainersHost, { id }: ManagedContainer): Promise<AsyncDisposable> {
  const mark = markOf(host, id);
  await writeFile(mark, '', { mode: 0o600 });
  return { [Symbol.asyncDispose]: () => rm(mark, { force: true }) };
}

/** An update that a killed engine had begun ends as the record says. */
export async function endUpdate(host: ContainersHost, container: ManagedContainer): Promise<void> {
  const { id } = container;
  if (!(await isThere(markOf(host, id)))) return;
  await limitAgain(host, container);
  await rm(markOf(host, id), { force: true });
}

/** The kernel keeps to the limits of the record. */
async function limitAgain(host: ContainersHost, { id, record }: ManagedContainer): Promise<void> {
  const scratch = join(pathsOf(host, id).bundle, 'update.json');
  await runtimeOf(host, id).update(id, await runtimeResources(record.hostConfig), scratch);
}

const markOf = (host: ContainersHost, id: ContainerId): string => join(pathsOf(host, id).bundle, 'updating');

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
  container: ManagedContainer,
  { hostConfig, isUnlimited }: { hostConfig: HostConfig; isUnlimited: boolean },
): Promise<void> {
  const { id } = container;
  const resources = { ...(await runtimeResources(hostConfig)), ...(isUnlimited && { pids: { limit: mostProcesses } }) };
  const runtime = runtimeOf(host, id);
  const scratch = join(pathsOf(host, id).bundle, 'update.json');
  try {
    await runtime.update(id, resources, scratch);
  } catch (cause) {
    // The runtime writes one file after another: what it has written before the one that was refused is taken back.
    await limitAgain(host, container).catch(() => undefined);
    const { code, message } = Failure.from(cause);
    throw new Failure(code, messages.cannotUpdate(id, message), { cause });
  }
}
