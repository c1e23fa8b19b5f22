import { engineOn } from '../../api/engine.ts';
import { formOfContainer } from './form-of-container.ts';
import type { RunForm } from './run-form.ts';

type Fields = Readonly<Record<string, unknown>>;

export interface Origin {
  readonly form: RunForm;
  readonly isRunning: boolean;
  /** It removes itself when it stops: there would be nothing to bring back. */
  readonly isSelfRemoving: boolean;
}

interface Info {
  readonly DefaultRuntime?: string;
  readonly LoggingDriver?: string;
  readonly CgroupVersion?: string;
}

/** The form of a container that is there. What the image and the engine would say of it is asked for, and done without where this person may not. */
export async function readOrigin(host: string, id: string, signal: AbortSignal): Promise<Origin> {
  const engine = engineOn(host);
  const inspected = await (await engine.call('ContainerInspect', { path: { id } }, signal)).json<Fields>();
  const { Running = false } = (inspected['State'] ?? {}) as { Running?: boolean };
  const { AutoRemove = false } = (inspected['HostConfig'] ?? {}) as { AutoRemove?: boolean };
  const [image, info] = await Promise.all([
    engine
      .call('ImageInspect', { path: { name: String(inspected['Image']) } }, signal)
      .then((answer) => answer.json<{ Config?: Fields }>())
      .catch(() => undefined),
    engine
      .call('SystemInfo', {}, signal)
      .then((answer) => answer.json<Info>())
      .catch((): Info => ({})),
  ]);
  const { DefaultRuntime: runtime, LoggingDriver: logDriver, CgroupVersion: cgroupVersion } = info;
  const form = formOfContainer({ inspected, image: image?.Config, defaults: { runtime, logDriver, cgroupVersion } });
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
