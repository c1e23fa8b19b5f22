import { Failure } from '@gantry/base';
import { type ApiVersion, messages } from '@gantry/engine-api';
import type { CreateBody, MountRequest } from '../containers/container-config.ts';

/** What a create body of an older or newer version of the API may not say (`invalid`), and what it is warned of. */
export function createWarnings(version: ApiVersion, body: CreateBody): string[] {
  const networks = Object.keys(body.NetworkingConfig?.EndpointsConfig ?? {});
  if (networks.length > 1 && !version.atLeast('1.44')) throw new Failure('invalid', messages.severalEndpoints(networks));
  const isForced = body.HostConfig?.Mounts?.some(({ BindOptions }) => BindOptions?.ReadOnlyForceRecursive === true) ?? false;
  if (isForced && !version.atLeast('1.44')) throw new Failure('invalid', 'BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer');
  return version.atLeast('1.44') && (body.MacAddress ?? '') !== '' ? [messages.macAddressDeprecated] : [];
}

/**
 * What a version of the API means by a body: a field that it does not know counts for nothing (parts of volumes before 1.45); what it does not say is the host's control groups before
 * 1.41, and IPC that others may join before 1.40.
 */
export function bodyOfVersion(version: ApiVersion, body: CreateBody): CreateBody {
  const { HostConfig, Healthcheck } = body;
  return {
    ...body,
    ...(Healthcheck && !version.atLeast('1.44') && { Healthcheck: { ...Healthcheck, StartInterval: 0 } }),
    ...(HostConfig && {
      HostConfig: {
        ...HostConfig,
        ...(!version.atLeast('1.45') && HostConfig.Mounts && { Mounts: HostConfig.Mounts.map(withoutSubpath) }),
        ...(!version.atLeast('1.40') && !HostConfig.IpcMode && { IpcMode: 'shareable' }),
        ...(!version.atLeast('1.41') && !HostConfig.CgroupnsMode && { CgroupnsMode: 'host' }),
      },
    }),
  };
}

function withoutSubpath(mount: MountRequest): MountRequest {
  return mount.VolumeOptions ? { ...mount, VolumeOptions: { ...mount.VolumeOptions, Subpath: '' } } : mount;
}
