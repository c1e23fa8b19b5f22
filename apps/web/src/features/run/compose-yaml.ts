import { bindText, isUnnamed, modeOf } from './create-body.ts';
import { isFlag, plainNames, plainOptions } from './plain-options.ts';
import { throttles, ulimitOf, weights } from './resource-texts.ts';
import {
  filledMounts,
  filledNetworks,
  filledPairs,
  filledPorts,
  isModeOnly,
  linesOf,
  type MountForm,
  type NetworkForm,
  pairsOf,
  type RunForm,
} from './run-form.ts';
import { splitCommand } from './shell-words.ts';
import { type YamlValue, yamlText } from './yaml-text.ts';

type Yaml = Record<string, YamlValue | undefined>;

/** A compose file with one service that does the same: its networks are those that are there, its volumes have their own names. */
export function composeYaml(form: RunForm): string {
  const service = {
    ...commonKeys(form),
    ...plainKeys(form),
    ...healthKeys(form),
    ...networkKeys(form),
    ...furtherKeys(form),
  };
  const networks = filledNetworks(form).filter(({ name }) => !isModeOnly(name.trim()));
  const volumes = filledMounts(form).filter(({ kind, source }) => kind === 'volume' && source.trim());
  return yamlText({
    services: { [serviceName(form)]: service },
    networks: record(networks.map(({ name }) => [name.trim(), { external: true }])),
    volumes: record(volumes.map(({ source }) => [source.trim(), { name: literal(source.trim()) }])),
  });
}

/** What compose has no key for: it is not in the file. */
export function missingInCompose(form: RunForm): string[] {
  const plain = plainNames.filter((name) => plainOptions[name].compose === undefined && form[name] && name !== 'blkioWeight');
  const flags = plain.map((name) => plainOptions[name].flag);
  return form.other.trim() ? [...flags, 'JSON'] : flags;
}

function serviceName({ name, image }: RunForm): string {
  const base = name.trim() || (image.trim().split('@')[0] ?? '').replace(/:[^/:]*$/, '').replace(/^.*\//, '');
  return base.toLowerCase().replace(/[^a-z0-9_.-]+/g, '-') || 'app';
}

function commonKeys(form: RunForm): Yaml {
  const entrypoint = splitCommand(form.entrypoint) ?? [];
  const { restart, restartTries } = form;
  return {
    image: literal(form.image.trim()),
    container_name: text(form.name),
    platform: text(form.platform),
    pull_policy: form.pull === 'missing' ? undefined : form.pull,
    entrypoint: form.hasNoEntrypoint ? [] : list(entrypoint),
    command: list(splitCommand(form.command) ?? []),
    ports: list(
      filledPorts(form).map(({ host, container, protocol }) => portText(host, container) + (protocol === 'tcp' ? '' : `/${protocol}`)),
    ),
    expose: list(linesOf(form.expose)),
    environment: record(filledPairs(form.environment).map(({ name, value }) => [name.trim(), literal(value)])),
    volumes: list(filledMounts(form).flatMap(volumeOf)),
    tmpfs: list(
      filledMounts(form)
        .filter(({ kind }) => kind === 'tmpfs')
        .map((mount) => [mount.target.trim(), modeOf(mount)].filter(Boolean).join(':')),
    ),
    restart: restart === 'on-failure' && restartTries.trim() ? `on-failure:${restartTries.trim()}` : restart,
    cpus: Number(form.cpus) > 0 ? Number(form.cpus) : undefined,
    labels: record(filledPairs(form.labels).map(({ name, value }) => [name.trim(), literal(value)])),
  };
}

function portText(host: string, container: string): string {
  return host.trim() ? `${host.trim()}:${container.trim()}` : container.trim();
}

function volumeOf(mount: MountForm): YamlValue[] {
  if (mount.kind === 'tmpfs') return [];
  if (!isUnnamed(mount)) return [bindText(mount)];
  return [{ type: 'volume', target: literal(mount.target.trim()), ...(mount.isReadOnly ? { read_only: true } : {}) }];
}

function plainKeys(form: RunForm): Yaml {
  const keys: Yaml = {};
  for (const name of plainNames) {
    const option = plainOptions[name];
    if (option.compose === undefined) continue;
    keys[option.compose] = isFlag(name) ? form[name] || undefined : plainKey(option.kind, form[name]);
  }
  return keys;
}

function plainKey(kind: string, written: string): YamlValue | undefined {
  if (kind === 'lines') return list(linesOf(written));
  if (kind === 'pairs') return record(pairsOf(written).map(([name, value]) => [name, literal(value)]));
  if (kind === 'integer' && /^-?\d+$/.test(written.trim())) return Number(written);
  return text(written);
}

function healthKeys(form: RunForm): Yaml {
  if (form.health === 'image') return {};
  if (form.health === 'none') return { healthcheck: { disable: true } };
  const words = form.health === 'shell' ? ['CMD-SHELL', form.healthCommand] : ['CMD', ...(splitCommand(form.healthCommand) ?? [])];
  return {
    healthcheck: {
      test: form.healthCommand.trim() ? list(words) : undefined,
      interval: text(form.healthInterval),
      timeout: text(form.healthTimeout),
      start_period: text(form.healthStartPeriod),
      start_interval: text(form.healthStartInterval),
      retries: Number(form.healthRetries) || undefined,
    },
  };
}

function networkKeys(form: RunForm): Yaml {
  const networks = filledNetworks(form);
  const joined = networks.filter(({ name }) => !isModeOnly(name.trim()));
  const first = networks[0]?.name.trim() ?? 'bridge';
  // Without networks compose would make one of its own.
  if (joined.length === 0) return { network_mode: first === 'default' ? 'bridge' : first, mac_address: text(networks[0]?.mac ?? '') };
  return { networks: record(joined.map((network) => [network.name.trim(), endpointOf(network)])) };
}

function endpointOf({ aliases, ipv4, ipv6, mac, priority }: NetworkForm): YamlValue {
  return {
    aliases: list(aliases.split(/[\s,]+/).filter(Boolean)),
    ipv4_address: text(ipv4),
    ipv6_address: text(ipv6),
    mac_address: text(mac),
    gw_priority: Number(priority) || undefined,
  };
}

function furtherKeys(form: RunForm): Yaml {
  const { logDriver, logOptions } = form;
  const options = record(pairsOf(logOptions).map(([name, value]) => [name, literal(value)]));
  return {
    stop_grace_period: /^\d+$/.test(form.stopTimeout.trim()) ? `${form.stopTimeout.trim()}s` : undefined,
    logging: logDriver.trim() || options ? { driver: text(logDriver), options } : undefined,
    security_opt: list(linesOf(form.securityOptions)),
    devices: list(linesOf(form.devices)),
    ulimits: record(
      linesOf(form.ulimits).flatMap((line): [string, YamlValue][] => {
        const limit = ulimitOf(line);
        return limit ? [[limit.Name, { soft: limit.Soft, hard: limit.Hard }]] : [];
      }),
    ),
    blkio_config: blkio(form),
    deploy: gpuDevices(form.gpus),
  };
}

function blkio(form: RunForm): YamlValue | undefined {
  const rates = (written: string): YamlValue | undefined => list(throttles(written).map(({ Path, Rate }) => ({ path: Path, rate: Rate })));
  return record(
    Object.entries({
      weight: Number(form.blkioWeight) || undefined,
      weight_device: list(weights(form.blkioWeightDevices).map(({ Path, Weight }) => ({ path: Path, weight: Weight }))),
      device_read_bps: rates(form.readBps),
      device_write_bps: rates(form.writeBps),
      device_read_iops: rates(form.readIops),
      device_write_iops: rates(form.writeIops),
    }).flatMap(([key, value]): [string, YamlValue][] => (value === undefined ? [] : [[key, value]])),
  );
}

function gpuDevices(gpus: string): YamlValue | undefined {
  const written = gpus.trim();
  if (!written) return undefined;
  const [, ids] = /^"?device=([^"]+)"?$/.exec(written) ?? [];
  const count = written === 'all' ? 'all' : Number(written) || 'all';
  const wanted: Yaml = ids ? { device_ids: ids.split(',') } : { count };
  return { resources: { reservations: { devices: [{ capabilities: ['gpu'], ...wanted }] } } };
}

/** A dollar is the beginning of a variable to compose, two are one. */
function literal(value: string): string {
  return value.replaceAll('$', '$$$$');
}

function text(written: string): string | undefined {
  return written.trim() ? literal(written.trim()) : undefined;
}

function list(values: readonly YamlValue[]): YamlValue | undefined {
  return values.length ? values.map((value) => (typeof value === 'string' ? literal(value) : value)) : undefined;
}

function record(entries: readonly (readonly [string, YamlValue])[]): Yaml | undefined {
  return entries.length ? Object.fromEntries(entries) : undefined;
}
