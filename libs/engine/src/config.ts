import { readFile } from 'node:fs/promises';
import { Failure } from '@gantry/base';
import * as z from 'zod';

const text = z.string().min(1);
const cidr = text.regex(/^[0-9a-f.:]+\/\d{1,3}$/i, 'must be an address with a prefix length, as 172.20.0.1/16');
const address = z.union([z.ipv4(), z.ipv6()]);

const oneOfEachFamily = z
  .array(address)
  .min(1)
  .refine((list) => new Set(list.map((one) => one.includes(':'))).size === list.length, 'must be at most one IPv4 and one IPv6 address');

const alwaysOn = (why: string) => z.literal(true, `is always on: ${why}`);

const refused = (why: string) => z.never(`is not supported: ${why}`).optional();

/** Keys of dockerd's networks that would change nothing here, or that there is nothing for. */
const refusedNetworkKeys = {
  'ip-forward-no-drop': alwaysOn('no policy of a table of others is changed').optional(),
  'allow-direct-routing': z.literal(false, 'is always off: from outside containers are reached by their published ports alone').optional(),
  'firewall-backend': z.literal('nftables', 'is always nftables').optional(),
  'bridge-accept-fwmark': refused('no packet passes the rules for a mark that others gave it'),
  'userland-proxy-path': refused('the engine itself carries what the kernel cannot forward'),
  'network-control-plane-mtu': refused('there are no swarms'),
};

/** The keys of Docker's daemon.json that this engine knows; live-restore is always on. */
const daemonFile = z.strictObject({
  'data-root': text.startsWith('/', 'must be an absolute path').optional(),
  bridge: text
    .regex(/^(?!none$)[a-zA-Z0-9][a-zA-Z0-9_.-]{0,14}$/, 'must be the name of a link (there is always a default bridge)')
    .optional(),
  bip: cidr.optional(),
  bip6: cidr.optional(),
  'default-gateway': z.ipv4().optional(),
  'default-gateway-v6': z.ipv6().optional(),
  'fixed-cidr': cidr.optional(),
  ipv6: z.boolean().default(false),
  'fixed-cidr-v6': cidr.optional(),
  icc: z.boolean().default(true),
  'ip-masq': z.boolean().default(true),
  ip: address.optional(),
  'host-gateway-ip': address.optional(),
  'host-gateway-ips': oneOfEachFamily.optional(),
  'default-network-opts': z.strictObject({ bridge: z.record(z.string(), z.string()).default({}) }).default({ bridge: {} }),
  iptables: alwaysOn('the rules of ports and isolation are nftables of its own').optional(),
  ip6tables: alwaysOn('the rules of ports and isolation are nftables of its own').optional(),
  'ip-forward': alwaysOn('containers reach the world by it').optional(),
  'userland-proxy': z.boolean().optional(),
  ...refusedNetworkKeys,
  mtu: z.int().min(68).max(65_535).optional(),
  dns: z.array(address).default([]),
  'dns-search': z.array(text).default([]),
  'dns-opts': z.array(text).default([]),
  'registry-mirrors': z.array(z.url({ protocol: /^https?$/ })).default([]),
  'insecure-registries': z.array(text).default([]),
  'default-address-pools': z.array(z.strictObject({ base: cidr, size: z.int().min(1).max(128) })).default([]),
  'log-driver': z.enum(['json-file', 'local', 'none']).default('json-file'),
  'log-opts': z.record(z.string(), z.string()).default({}),
  'live-restore': z.literal(true, 'is always on: containers outlive this engine').optional(),
  runtimes: z
    .record(text, z.strictObject({ path: text.startsWith('/', 'must be an absolute path'), runtimeArgs: z.array(z.string()).default([]) }))
    .default({}),
  'default-runtime': text.default('crun'),
  'cdi-spec-dirs': z.array(text.startsWith('/', 'must be an absolute path')).default(['/etc/cdi', '/var/run/cdi']),
  'userns-remap': z.string().optional(),
  labels: z.array(text).default([]),
});

/** The engine's settings, from a file in the form of daemon.json. */
export interface EngineConfig {
  readonly dataRoot: string | undefined;
  /** The link of the default bridge. */
  readonly bridge: string | undefined;
  readonly bridgeAddress: string | undefined;
  readonly bridgeAddressV6: string | undefined;
  /** Of containers on the default bridge; undefined: the bridge itself. */
  readonly defaultGateways: { readonly ipv4: string | undefined; readonly ipv6: string | undefined };
  readonly fixedCidr: string | undefined;
  /** The default bridge has IPv6. */
  readonly hasIpv6: boolean;
  readonly fixedCidrV6: string | undefined;
  /** Containers on the default bridge may talk to each other. */
  readonly mayTalk: boolean;
  readonly isMasqueraded: boolean;
  /** Where ports are published that name no address, on the default bridge. */
  readonly bindAddress: string | undefined;
  /** What `host-gateway` stands for, at most one address of each family; undefined: the gateways of the default bridge. */
  readonly hostGateways: readonly string[] | undefined;
  /** Options of new networks that do not say otherwise. */
  readonly defaultNetworkOptions: Readonly<Record<string, string>>;
  readonly mtu: number | undefined;
  readonly dns: readonly string[];
  readonly dnsSearch: readonly string[];
  readonly dnsOptions: readonly string[];
  readonly registryMirrors: readonly string[];
  readonly insecureRegistries: readonly string[];
  readonly addressPools: readonly { readonly base: string; readonly size: number }[];
  readonly logDriver: 'json-file' | 'local' | 'none';
  readonly logOptions: Readonly<Record<string, string>>;
  /** OCI runtimes by name, beside crun and runc. */
  readonly runtimes: Readonly<Record<string, { readonly path: string; readonly runtimeArgs: readonly string[] }>>;
  readonly defaultRuntime: string;
  /** Where the specifications of devices are (CDI); a later directory wins. */
  readonly cdiSpecDirectories: readonly string[];
  /** Whose subordinate ids containers have: `default`, a user or uid, perhaps with a group or gid; undefined: containers have the host's ids. */
  readonly usernsRemap: string | undefined;
  readonly labels: readonly string[];
}

/** What the engine does without a file. */
export const defaultEngineConfig: EngineConfig = parseEngineConfig({}, 'defaults');

/** Reads the file; undefined: defaults. Fails with `invalid` and names the file and the key that is unknown or wrong. */
export async function readEngineConfig(path: string | undefined): Promise<EngineConfig> {
  if (path === undefined) return defaultEngineConfig;
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new Failure('invalid', `cannot read the engine's configuration ${path}: ${Failure.from(cause).message}`, { cause });
  }
  return parseEngineConfig(value, path);
}

/** `name` is what the message calls the source. */
export function parseEngineConfig(value: unknown, name: string): EngineConfig {
  const parsed = daemonFile.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const unknown = issue?.code === 'unrecognized_keys' ? `unknown key "${issue.keys.join('", "')}"` : undefined;
    throw new Failure('invalid', `${name}: ${unknown ?? `"${issue?.path.join('.') ?? ''}": ${issue?.message ?? 'wrong'}`}`);
  }
  const file = parsed.data;
  return Object.freeze({
    dataRoot: file['data-root'],
    bridge: file.bridge,
    bridgeAddress: file.bip,
    bridgeAddressV6: file.bip6,
    defaultGateways: { ipv4: file['default-gateway'], ipv6: file['default-gateway-v6'] },
    fixedCidr: file['fixed-cidr'],
    hasIpv6: file.ipv6,
    fixedCidrV6: file['fixed-cidr-v6'],
    mayTalk: file.icc,
    isMasqueraded: file['ip-masq'],
    bindAddress: file.ip,
    hostGateways: hostGatewaysOf(file, name),
    defaultNetworkOptions: file['default-network-opts'].bridge,
    mtu: file.mtu,
    dns: file.dns,
    dnsSearch: file['dns-search'],
    dnsOptions: file['dns-opts'],
    registryMirrors: file['registry-mirrors'],
    insecureRegistries: file['insecure-registries'],
    addressPools: file['default-address-pools'],
    logDriver: file['log-driver'],
    logOptions: file['log-opts'],
    runtimes: file.runtimes,
    defaultRuntime: file['default-runtime'],
    cdiSpecDirectories: file['cdi-spec-dirs'],
    usernsRemap: file['userns-remap'] === '' ? undefined : file['userns-remap'],
    labels: file.labels,
  });
}

function hostGatewaysOf(file: z.output<typeof daemonFile>, name: string): readonly string[] | undefined {
  const { 'host-gateway-ip': one, 'host-gateway-ips': several } = file;
  if (one !== undefined && several !== undefined) {
    throw new Failure('invalid', `${name}: "host-gateway-ip" and "host-gateway-ips" say the same: leave one out`);
  }
  return several ?? (one === undefined ? undefined : [one]);
}
