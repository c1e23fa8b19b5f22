import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import type { ContainerId } from '../ids.ts';
import { logLimits } from '../logs/rotate-log.ts';
import type { ContainerRecord } from './container.ts';
import type { CreateBody } from './container-config.ts';
import { type ContainersHost, publish } from './containers-host.ts';
import { mappedDevices, parseDeviceRule } from './devices.ts';
import { completeHostConfig } from './host-config.ts';
import { ManagedContainer } from './managed-container.ts';
import { inheritedMounts, type MountPoint, requestedMounts } from './mount-points.ts';
import { commandOf, mergedConfig } from './requested-config.ts';
import { runtimeLimits } from './runtime-resources.ts';
import { capabilitiesOf } from './runtime-spec.ts';
import { sandboxRequest } from './sandbox-request.ts';
import { securityOptions } from './security-options.ts';
import { seccompOf } from './seccomp-choice.ts';

export interface CreateRequest {
  /** Without slash; checked and reserved by the caller. */
  readonly name: string;
  readonly platform: string;
  readonly body: CreateBody;
}

export interface CreatedContainer {
  readonly container: ManagedContainer;
  readonly warnings: readonly string[];
}

/**
 * Makes a container that can be started: its record, its writable layer and its volumes; a failure leaves none of it. Fails with `not-found` for
 * an unknown image and nothing else, since clients pull it then, and with `invalid` for what cannot be: an unknown network or container is that.
 */
export async function createContainer(host: ContainersHost, request: CreateRequest, signal: AbortSignal): Promise<CreatedContainer> {
  const { body } = request;
  const id = randomBytes(32).toString('hex') as ContainerId;
  const image = await resolveImage(host, body);
  const config = mergedConfig(body, image.defaults, id);
  const hostConfig = completeHostConfig(body.HostConfig, host.defaults);
  const inherited = await mentioned(() => inheritedFrom(host, hostConfig.VolumesFrom ?? []));
  const mounts = requestedMounts(config, hostConfig, inherited);
  const draft: ContainerRecord = {
    ...{ id, name: request.name, createdAtMs: Date.now(), image: { id: image.id, platform: image.platform } },
    ...{ command: commandOf(config), config, hostConfig, endpoints: body.NetworkingConfig?.EndpointsConfig ?? {}, mounts },
  };
  const warnings = await checkDraft(host, draft);
  signal.throwIfAborted();

  await using undo = new AsyncDisposableStack();
  undo.defer(() => host.images.removeRootfs(id));
  await host.images.createRootfs(id, image.id);
  undo.defer(() => host.volumes.release(id, []));
  const record = { ...draft, mounts: await madeMounts(host, draft) };
  await host.records.create(id);
  undo.defer(() => host.records.remove(id));
  const container = new ManagedContainer(record, { state: { name: 'created' }, restarts: 0, isStoppedByHand: false });
  await host.records.write(id, 'state.json', { value: container.status, how: 'whole' });
  await host.records.write(id, 'config.json', { value: record, how: 'durably' });
  undo.move();
  publish(host, container, { action: 'create' });
  return { container, warnings };
}

async function resolveImage(host: ContainersHost, body: CreateBody) {
  const reference = body.Image ?? '';
  if (reference === '') throw new Failure('invalid', messages.emptyConfig);
  return host.images.resolve(reference);
}

function inheritedFrom(host: ContainersHost, references: readonly string[]): MountPoint[] {
  return references.flatMap((text) => {
    const [name = '', mode = 'rw'] = text.split(':');
    return inheritedMounts(host.find(name).record.mounts, mode);
  });
}

/** Looks for what the request names beside its image. */
async function mentioned<Found>(look: () => Found | Promise<Found>): Promise<Found> {
  try {
    return await look();
  } catch (thrown) {
    const { code, message } = Failure.from(thrown);
    throw code === 'not-found' ? new Failure('invalid', message, { cause: thrown }) : thrown;
  }
}

/** What would only fail at the start is refused now, in the same words. */
async function checkDraft(host: ContainersHost, draft: ContainerRecord): Promise<string[]> {
  const { hostConfig } = draft;
  logLimits(hostConfig.LogConfig.Type === 'none' ? {} : hostConfig.LogConfig.Config);
  securityOptions(hostConfig.SecurityOpt ?? []);
  capabilitiesOf(draft, host.machine);
  seccompOf(draft, host.machine);
  runtimeLimits(hostConfig.Ulimits, host.machine.ownLimits);
  hostConfig.DeviceCgroupRules?.forEach(parseDeviceRule);
  if (hostConfig.DeviceRequests?.length) throw new Failure('unsupported', 'device requests (GPUs) are not supported by this engine');
  if (hostConfig.Init === true && host.initProgram === undefined) {
    throw new Failure('unsupported', 'no init program on this host: install tini or catatonit, or leave --init out');
  }
  for (const mount of draft.mounts) await checkSource(mount);
  await mappedDevices(hostConfig.Devices);
  await mentioned(() => host.sandboxes.check(sandboxRequest(host, draft)));
  return hostConfig.BlkioWeight > 0 ? ['Your kernel does not support Block I/O weight. Weight discarded.'] : [];
}

async function checkSource({ type, source, createsSource }: MountPoint): Promise<void> {
  if (type !== 'bind' || createsSource) return;
  await stat(source).catch((cause: unknown) => {
    throw new Failure('invalid', messages.bindSourceMissing(source), { cause });
  });
}

/** Volumes get their names and paths; anonymous ones are made for this container. */
async function madeMounts(host: ContainersHost, { id, mounts, hostConfig }: ContainerRecord): Promise<MountPoint[]> {
  const made: MountPoint[] = [];
  for (const mount of mounts) {
    if (mount.type !== 'volume') {
      made.push(mount);
      continue;
    }
    const driver = mount.driver !== 'local' || hostConfig.VolumeDriver === '' ? mount.driver : hostConfig.VolumeDriver;
    const held = await host.volumes.hold(id, {
      name: mount.name,
      driver,
      labels: mount.volume?.labels ?? {},
      options: mount.volume?.options ?? {},
    });
    made.push({ ...mount, name: held.name, source: held.path, driver: held.driver });
  }
  return made;
}
