import { type ApiVersion, shaped } from '@gantry/engine-api';

type Fields = Readonly<Record<string, unknown>>;

/** A row of `GET /containers/json` as this version of the API has it. */
export function containerSummary(version: ApiVersion, row: object): unknown {
  const answer = row as Fields;
  const { HostConfig } = answer;
  return shaped('ContainerSummary', version, {
    ...answer,
    HostConfig: version.atLeast('1.46') ? HostConfig : without(HostConfig as Fields, 'Annotations'),
    NetworkSettings: withoutNames(networkSettings(version, answer['NetworkSettings'] as Fields)),
  });
}

/** `GET /containers/{id}/json` as this version of the API has it. */
export function containerInspect(version: ApiVersion, container: object): unknown {
  const answer = container as Fields;
  return shaped('ContainerInspect', version, {
    ...answer,
    HostConfig: hostConfig(version, answer['HostConfig'] as Fields),
    NetworkSettings: networkSettings(version, answer['NetworkSettings'] as Fields, (answer['Id'] as string).slice(0, 12)),
  });
}

/** Kernel memory went with 1.42, annotations came with 1.43. */
function hostConfig(version: ApiVersion, fields: Fields): Fields {
  const { Annotations, ...rest } = fields;
  return {
    ...rest,
    ...(!version.atLeast('1.42') && { KernelMemory: 0, KernelMemoryTCP: 0 }),
    ...(version.atLeast('1.43') && Annotations !== undefined && { Annotations }),
  };
}

/** Names came apart from aliases with 1.44; before 1.45 the aliases had the short id too. */
function networkSettings(version: ApiVersion, settings: Fields, shortId?: string): Fields {
  const networks = Object.entries(settings['Networks'] as Readonly<Record<string, Fields>>);
  const shapedNetworks = networks.map(([name, { DNSNames, GwPriority, ...endpoint }]) => {
    const isNamed = Array.isArray(DNSNames) && shortId !== undefined;
    return [
      name,
      {
        ...endpoint,
        ...(!version.atLeast('1.45') && isNamed && { Aliases: [...((endpoint['Aliases'] as string[] | null) ?? []), shortId] }),
        ...(version.atLeast('1.44') && { DNSNames }),
        ...(version.atLeast('1.48') && { GwPriority }),
      },
    ];
  });
  return { ...settings, Networks: Object.fromEntries(shapedNetworks) as Fields };
}

/** Lists tell of no names in networks. */
function withoutNames(settings: Fields): Fields {
  const networks = Object.entries(settings['Networks'] as Readonly<Record<string, Fields>>);
  const nameless = networks.map(([name, endpoint]) => [
    name,
    { ...endpoint, Aliases: null, ...('DNSNames' in endpoint && { DNSNames: null }) },
  ]);
  return { ...settings, Networks: Object.fromEntries(nameless) as Fields };
}

function without(fields: Fields, name: string): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name));
}
