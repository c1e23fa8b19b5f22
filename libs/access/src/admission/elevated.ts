import type { BodyOf, RouteName } from '@gantry/engine-api';
import { elevatedHostConfig, type HostConfig } from './elevated-host-config.ts';

/** What an engine request asks for, parsed: the same object that is forwarded. */
export interface Asked {
  readonly route: RouteName;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

interface BuildQuery {
  readonly networkmode?: string;
  readonly ulimits?: string;
  readonly cgroupparent?: string;
  readonly securityopt?: readonly string[];
  readonly remote?: string;
  readonly outputs?: string;
}

type Rule = (asked: Asked) => string[];
type FileRoute = Extract<RouteName, `${'Container' | 'Volume'}File${string}` | `${string}ContainerArchive` | 'ContainerArchiveInfo'>;

const filled = (given: object | undefined): boolean => given !== undefined && Object.keys(given).length > 0;
const named = (claims: Readonly<Record<string, boolean>>): string[] => Object.keys(claims).filter((name) => claims[name]);

/** Paths of the host that are mounted into a container or volume. */
const reachesHost: Rule = ({ query: { hostBinds } }) => named({ hostBinds: hostBinds === true || hostBinds === '1' });

const fileRules: Readonly<Record<FileRoute, Rule>> = {
  ContainerArchiveInfo: reachesHost,
  ContainerArchive: reachesHost,
  PutContainerArchive: reachesHost,
  ContainerFileList: reachesHost,
  ContainerFileStat: reachesHost,
  ContainerFileContent: reachesHost,
  ContainerFileWrite: reachesHost,
  ContainerFileMakeDirectory: reachesHost,
  ContainerFileMove: reachesHost,
  ContainerFileChange: reachesHost,
  ContainerFileRemove: reachesHost,
  ContainerFileArchive: reachesHost,
  ContainerFileExtract: reachesHost,
  VolumeFileList: reachesHost,
  VolumeFileStat: reachesHost,
  VolumeFileContent: reachesHost,
  VolumeFileWrite: reachesHost,
  VolumeFileMakeDirectory: reachesHost,
  VolumeFileMove: reachesHost,
  VolumeFileChange: reachesHost,
  VolumeFileRemove: reachesHost,
  VolumeFileArchive: reachesHost,
  VolumeFileExtract: reachesHost,
};

const creates: Rule = ({ body }) => {
  const { HostConfig: host = {}, NetworkingConfig } = body as BodyOf<'ContainerCreate'>;
  const endpoints = Object.values(NetworkingConfig?.EndpointsConfig ?? {});
  const hasDriverOptions = endpoints.some(({ DriverOpts }) => filled(DriverOpts));
  return [...elevatedHostConfig(host), ...named({ 'EndpointsConfig.DriverOpts': hasDriverOptions })];
};

const rules: { readonly [Name in RouteName]?: Rule } = {
  ...fileRules,
  ContainerCreate: creates,
  ContainerRecreate: creates,
  ContainerUpdate: ({ body }) => elevatedHostConfig(body as HostConfig),
  ContainerExec: ({ body }) => named({ Privileged: (body as BodyOf<'ContainerExec'>).Privileged === true }),
  VolumeCreate: ({ body }) => {
    const { Driver = '', DriverOpts, ClusterVolumeSpec } = body as BodyOf<'VolumeCreate'>;
    return named({
      Driver: Driver !== '' && Driver !== 'local',
      DriverOpts: filled(DriverOpts),
      ClusterVolumeSpec: ClusterVolumeSpec !== undefined,
    });
  },
  NetworkCreate: ({ body }) => {
    const { Driver = '', Options, IPAM } = body as BodyOf<'NetworkCreate'>;
    const hasOptions = Object.keys(Options ?? {}).some((key) => key !== 'com.docker.network.driver.mtu');
    const hasIpam = ((IPAM?.Driver ?? '') !== '' && IPAM?.Driver !== 'default') || filled(IPAM?.Options);
    return named({ Driver: Driver !== '' && Driver !== 'bridge', Options: hasOptions, IPAM: hasIpam });
  },
  NetworkConnect: ({ body }) => named({ DriverOpts: filled((body as BodyOf<'NetworkConnect'>).EndpointConfig?.DriverOpts) }),
  ImageBuild: ({ query }) => {
    const { networkmode = '', ulimits = '', cgroupparent = '', securityopt = [], remote = '', outputs = '' } = query as BuildQuery;
    return named({
      networkmode: networkmode === 'host' || /^(container|ns):/.test(networkmode),
      ulimits: ulimits !== '',
      cgroupparent: cgroupparent !== '',
      securityopt: securityopt.length > 0,
      // The engine would fetch it from wherever the host can reach.
      remote: remote !== '',
      outputs: outputs !== '',
    });
  },
  // Without `link` the path means, to dockerd, the container that is linked: its removal.
  ContainerUnlink: ({ query: { link } }) => named({ 'DELETE without link': link !== true && link !== '1' }),
  // Restoring a checkpoint mounts what it says.
  ContainerStart: ({ query }) => {
    const { checkpoint = '', 'checkpoint-dir': directory = '' } = query as { checkpoint?: string; 'checkpoint-dir'?: string };
    return named({ checkpoint: checkpoint !== '', 'checkpoint-dir': directory !== '' });
  },
  ImageCreate: ({ query }) => {
    const { fromSrc = '' } = query as { fromSrc?: string };
    return named({ fromSrc: fromSrc !== '' && fromSrc !== '-' });
  },
};

/**
 * The fields of a request that give power over the host: whoever sends one needs `container:elevated` on the host besides the permission of
 * the route. Empty for a harmless request. Judges the normalised request, never what was sent.
 */
export function elevatedFields(asked: Asked): string[] {
  return rules[asked.route]?.(asked) ?? [];
}
