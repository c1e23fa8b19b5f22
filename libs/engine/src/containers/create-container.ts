import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { hostPlatform, parsePlatform, type Platform, platformScore } from '@gantry/oci';
import type { ContainerId } from '../ids.ts';
import { extraHost } from '../networks/sandbox-files.ts';
import { allDone } from '../state/all-done.ts';
import { type ContainerRecord, neverStarted } from './container.ts';
import { supportedResources } from './check-resources.ts';
import type { HostConfig, CreateBody } from './container-config.ts';
import { type ContainersHost, publish } from './containers-host.ts';
import { completeHostConfig } from './host-config.ts';
import { keptLinks } from './links.ts';
import { checkLogConfig } from './log-options.ts';
import { ManagedContainer } from './managed-container.ts';
import { asksForLabel } from './mount-modes.ts';
import { anonymousOf, inheritedMounts, type MountPoint, type ReadOnlyReach, requestedMounts } from './mount-points.ts';
import { checkConflicts } from './option-conflicts.ts';
import { commandOf, mergedConfig } from './requested-config.ts';
import { capabilitiesOf } from './runtime-spec.ts';
import { publishedPorts } from './sandbox-request.ts';
import { holdsEngine } from './mount-sources.ts';
import { securityOptions } from './security-options.ts';
import { withSharedIds } from './shared-namespaces.ts';
import { checkUserNamespace } from './user-namespace.ts';
import { durableStep } from '../state/durable-step.ts';

export interface CreateRequest {
  /** Without slash; checked and reserved by the caller. */
  readonly name: string;
  readonly platform: string;
  readonly body: CreateBody;
  readonly readOnlyReach: ReadOnlyReach;
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
  checkConflicts(body);
  checkUserNamespace(host, body);
  const image = await resolveImage(host, request);
  const config = mergedConfig(body, image.defaults, id);
  const { config: hostConfig, warnings } = await mentioned(() => settledHostConfig(host, request));
  const inherited = await mentioned(() => inheritedFrom(host, hostConfig.VolumesFrom ?? []));
  const mounts = requestedMounts(config, hostConfig, { inherited, reach: request.readOnlyReach });
  const draft: ContainerRecord = {
    ...{ id, name: request.name, createdAtMs: Date.now(), image: { id: image.id, platform: image.platform } },
    ...{ command: commandOf(config), config, hostConfig, endpoints: body.NetworkingConfig?.EndpointsConfig ?? {}, mounts },
  };
  await checkDraft(host, draft);
  signal.throwIfAborted();

  await using undo = new AsyncDisposableStack();
  undo.defer(() => host.images.removeRootfs(id));
  const made: MountPoint[] = [];
  undo.defer(() => host.volumes.release(id, anonymousOf(made)));
  undo.defer(() => host.records.remove(id));
  await allDone([
    host.images.createRootfs(id, image.id),
    makeMounts(host, draft, made),
    durableStep('container.directory', () => host.records.create(id)),
  ]);
  const record = { ...draft, mounts: made };
  await fillVolumes(host, record);
  // With this file it is there, also after a power cut: all else is on the disk by then.
  await durableStep('container.record', () => host.records.write(id, 'config.json', { value: record, how: 'durably' }));
  await host.volumes.confirm(id);
  const container = new ManagedContainer(record, neverStarted);
  container.hasLeftovers = false;
  undo.move();
  publish(host, container, { action: 'create' });
  return { container, warnings: [...image.warnings, ...warnings, ...ignoredLabels(hostConfig)] };
}

function ignoredLabels({ Binds }: HostConfig): string[] {
  return (Binds ?? []).filter((bind) => asksForLabel(bind.split(':')[2] ?? '')).map((bind) => messages.labelIgnored(bind));
}

/** The image, of the platform that the request names; one of another machine's may be meant, and is told. */
async function resolveImage(host: ContainersHost, { body, platform }: CreateRequest) {
  const reference = body.Image ?? '';
  if (reference === '') throw new Failure('invalid', messages.emptyConfig);
  const wanted = platform === '' ? undefined : parsePlatform(platform);
  const image = await host.images.resolve(reference);
  const actual = parsePlatform(image.platform);
  if (wanted && platformScore(wanted, actual) === 0)
    throw new Failure('not-found', messages.otherPlatform(reference, shownPlatform(actual), shownPlatform(wanted)));
  const isForeign = !wanted && platformScore(hostPlatform(), actual) === 0;
  return { ...image, warnings: isForeign ? [messages.foreignPlatform(shownPlatform(actual), shownPlatform(hostPlatform()))] : [] };
}

const shownPlatform = ({ os, architecture }: Platform): string => `${os}/${architecture}`;

function inheritedFrom(host: ContainersHost, references: readonly string[]): MountPoint[] {
  return references.flatMap((text) => {
    const [name = '', mode = ''] = text.split(':');
    if (name === '') throw new Failure('invalid', messages.emptyVolumesFrom);
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

/** Only what dockerd refuses at create; the rest is found at the start, when it counts. */
async function checkDraft(host: ContainersHost, draft: ContainerRecord): Promise<void> {
  const { hostConfig } = draft;
  checkLogConfig(hostConfig.LogConfig);
  if (!host.runtimes.has(hostConfig.Runtime)) throw new Failure('invalid', messages.unknownRuntime(hostConfig.Runtime));
  securityOptions(hostConfig.SecurityOpt ?? []);
  capabilitiesOf(draft, host.machine);
  publishedPorts(draft);
  for (const entry of hostConfig.ExtraHosts ?? []) extraHost(entry, ['127.0.0.1']);
  if (hostConfig.Init === true && host.initProgram === undefined) {
    throw new Failure('unsupported', 'no init program on this host: install tini or catatonit, or leave --init out');
  }
  for (const mount of draft.mounts) await checkSource(mount);
}

/** The request's HostConfig with what this engine and this machine make of it. */
function settledHostConfig(host: ContainersHost, { body }: CreateRequest): { config: HostConfig; warnings: string[] } {
  const complete = completeHostConfig(body.HostConfig, host.defaults);
  const { config, warnings } = supportedResources(complete, host.limits);
  const publishesOnHost = config.NetworkMode === 'host' && Object.keys(config.PortBindings ?? {}).length > 0;
  const links = config.NetworkMode === 'bridge' && config.Links ? keptLinks(host, config.Links) : config.Links;
  return {
    config: { ...withSharedIds(host, config), Links: links },
    warnings: [...warnings, ...(publishesOnHost ? [messages.portsOnHostNetwork] : [])],
  };
}

async function checkSource({ type, source, createsSource }: MountPoint): Promise<void> {
  if (type !== 'bind' || createsSource) return;
  await stat(source).catch((cause: unknown) => {
    throw new Failure('invalid', messages.bindSourceMissing(source), { cause });
  });
}

/** A mount that holds the engine's own directories follows the host when it unmounts there; else what was unmounted would stay in use inside. */
function propagationOf(host: ContainersHost, { source, propagation }: MountPoint): string {
  if (propagation !== '') return propagation;
  return holdsEngine(host, source) ? 'rslave' : 'rprivate';
}

/** Volumes get their names and paths; anonymous ones are made for this container. */
async function makeMounts(host: ContainersHost, { id, mounts, hostConfig }: ContainerRecord, made: MountPoint[]): Promise<void> {
  for (const mount of mounts) {
    if (mount.type !== 'volume') {
      made.push(mount.type === 'bind' ? { ...mount, propagation: propagationOf(host, mount) } : mount);
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
}

/** Empty volumes begin with what the image has there, also where the container is never started and only lends its volumes. */
async function fillVolumes(host: ContainersHost, { id, mounts }: ContainerRecord): Promise<void> {
  const wanting = mounts.filter(({ type, copiesImage, volume }) => type === 'volume' && copiesImage && !volume?.subpath);
  if (wanting.length === 0) return;
  await using rootfs = await host.images.holdRootfs(id);
  for (const { name, destination } of wanting) await host.volumes.copyUp(name, rootfs.path, destination);
}
