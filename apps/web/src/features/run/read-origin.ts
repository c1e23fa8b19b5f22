import { can } from '@gantry/access';
import { engineOn, revealing } from '../../api/engine.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import { formOfContainer } from './form-of-container.ts';
import { foreignPlatform } from './foreign-platform.ts';
import type { RunForm } from './run-form.ts';

type Fields = Readonly<Record<string, unknown>>;

export interface Origin {
  readonly form: RunForm;
  readonly isRunning: boolean;
  /** It removes itself when it stops: there would be nothing to bring back. */
  readonly isSelfRemoving: boolean;
}

/** Of which host and container. */
interface OriginPlace {
  readonly host: string;
  readonly id: string;
  /** Whether this person may see the values of its variables: they are asked for, which is written down. */
  readonly mayReveal: boolean;
  /** Its engine makes hardware addresses from IPv4 addresses. */
  readonly derivesMacs: boolean;
}

export function originPlace(fleet: Fleet, { host, id }: { host: string; id: string }): OriginPlace {
  const { kind, version } = fleet.hosts.get(host)?.facts?.engine ?? { kind: 'none', version: '' };
  // Docker 28 began to make them by chance.
  const derivesMacs = kind === 'native' || (kind === 'docker' && Number.parseInt(version, 10) < 28);
  return { host, id, derivesMacs, mayReveal: can(fleet.find(host, id)?.row.can ?? 0, 'revealEnv') };
}

interface Info {
  readonly Architecture?: string;
  readonly DefaultRuntime?: string;
  readonly LoggingDriver?: string;
  readonly CgroupVersion?: string;
}

/** The form of a container that is there. What the image and the engine would say of it is asked for, and done without where this person may not. */
export async function readOrigin({ host, id, mayReveal, derivesMacs }: OriginPlace, signal: AbortSignal): Promise<Origin> {
  const engine = engineOn(host);
  const inspecting = await engine.call('ContainerInspect', { path: { id }, headers: mayReveal ? revealing : {} }, signal);
  const inspected = await inspecting.json<Fields>();
  const { Running = false } = (inspected['State'] ?? {}) as { Running?: boolean };
  const { AutoRemove = false } = (inspected['HostConfig'] ?? {}) as { AutoRemove?: boolean };
  const [image, info] = await Promise.all([
    engine
      .call('ImageInspect', { path: { name: String(inspected['Image']) } }, signal)
      .then((answer) => answer.json<Fields & { Config?: Fields }>())
      .catch(() => undefined),
    engine
      .call('SystemInfo', {}, signal)
      .then((answer) => answer.json<Info>())
      .catch((): Info => ({})),
  ]);
  const { DefaultRuntime: runtime, LoggingDriver: logDriver, CgroupVersion: cgroupVersion } = info;
  const platform = image && foreignPlatform(image, info.Architecture);
  const form = formOfContainer({ inspected, image: image?.Config, platform, defaults: { runtime, logDriver, cgroupVersion, derivesMacs } });
  return { form, isRunning: Running, isSelfRemoving: Running && AutoRemove };
}

/** Another one beside it: no name and no address can be had twice, and its volumes are its own unless somebody says so. */
export function asDuplicate(form: RunForm): RunForm {
  return {
    ...form,
    name: form.name ? `${form.name}-copy` : '',
    hostname: '',
    ports: form.ports.map((port) => ({ ...port, host: port.host.replace(/\d+(?:-\d+)?$/, '') })),
    networks: form.networks.map((network) => ({ ...network, ipv4: '', ipv6: '', mac: '' })),
    mounts: form.mounts.map((mount) => (mount.kind === 'volume' && /^[0-9a-f]{64}$/.test(mount.source) ? { ...mount, source: '' } : mount)),
  };
}
