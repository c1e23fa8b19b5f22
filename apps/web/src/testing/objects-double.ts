import type { EngineResponse, FileEntry, FleetRow, Topology } from '@gantry/engine-api';

const nowSeconds = Math.floor(Date.now() / 1000);
const kibibyte = 1024;

/** What the double of an engine has besides containers: enough of each that a page shows all that it can show. */
export interface ObjectsAsked {
  readonly noun: string;
  readonly id: string;
  readonly verb: string;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly rows: ReadonlyMap<string, FleetRow>;
  readonly asked: string[];
  readonly signal: AbortSignal;
  readonly host: string;
}

/** Answers of images, volumes, networks, files and topology; undefined for anything else. */
export function answerOfObjects(asked: ObjectsAsked): EngineResponse | undefined {
  if (asked.path.startsWith('/gantry/')) return ofGantry(asked);
  switch (asked.noun) {
    case 'images':
      return ofImages(asked);
    case 'volumes':
      return ofVolumes(asked);
    case 'networks':
      return ofNetworks(asked);
    case 'system':
      return json(200, usageDouble(asked));
    case 'info':
      return json(200, {
        ...{ Driver: 'overlay2', CgroupVersion: '2', CgroupDriver: 'cgroupfs', DefaultRuntime: 'crun' },
        DockerRootDir: '/var/lib/gantry/engine',
      });
    case 'build':
    case 'containers':
      return asked.verb === 'prune' || asked.id === 'prune'
        ? json(200, { ContainersDeleted: ['c1'], SpaceReclaimed: 9_400_000 })
        : undefined;
    default:
      return undefined;
  }
}

function usageDouble({ rows, host }: ObjectsAsked): unknown {
  const ofHost = [...rows.values()].filter((row) => row.host === host);
  return {
    LayersSize: 1_482_000_000,
    Images: [
      ...images.map((image, index) => ({ ...image, SharedSize: 9_000_000, Containers: index < 2 ? 3 : 0 })),
      { ...untagged, Containers: 0 },
    ],
    Containers: ofHost.map(({ id, name, state }, index) => ({ Id: id, Names: [`/${name}`], State: state, SizeRw: index * 1_200_000 })),
    Volumes: volumes.map((volume, index) => ({ ...volume, UsageData: { Size: index * 734_003_200, RefCount: index === 3 ? 0 : 1 } })),
    BuildCache: [{ ID: 'k1', Description: 'RUN npm ci', Type: 'regular', InUse: false, Shared: false, Size: 412_000_000 }],
  };
}

const images = ['nginx:1.29-alpine', 'valkey/valkey:9-alpine', 'ghcr.io/acme/api:2.14.3', 'postgres:18.1'].map((name, index) => ({
  Id: `sha256:${String(index + 1).repeat(64)}`,
  RepoTags: index === 3 ? [name, 'postgres:latest'] : [name],
  RepoDigests: [],
  Created: nowSeconds - 86_400 * (index * 20 + 3),
  Size: (index + 1) * 61_865_984,
}));
const untagged = { Id: `sha256:${'e'.repeat(64)}`, RepoTags: [], RepoDigests: [], Created: nowSeconds - 900, Size: 4_400_000 };

function ofImages(all: ObjectsAsked): EngineResponse {
  const { id, verb, method, asked } = all;
  if (verb === 'create') return pull(all);
  if (verb === 'prune') return json(200, { ImagesDeleted: [{ Deleted: untagged.Id }], SpaceReclaimed: untagged.Size });
  if (verb === 'tag') return told(all);
  if (method === 'DELETE') {
    asked.push(`remove image ${id}`);
    return id.includes('valkey') ? json(409, { message: `conflict: unable to delete ${id}` }) : json(200, [{ Untagged: id }]);
  }
  if (verb === 'history') {
    const lines = [
      'CMD ["nginx" "-g" "daemon off;"]',
      'COPY ./site /usr/share/nginx/html # buildkit',
      '/bin/sh -c apk add --no-cache nginx',
      'ADD alpine-minirootfs.tar.gz / # buildkit',
    ];
    return json(
      200,
      lines.map((CreatedBy, index) => ({ Id: '<missing>', Created: nowSeconds, CreatedBy, Size: index * 9_400_000 })),
    );
  }
  if (verb === 'json' && id)
    return json(200, {
      ...images[0],
      Architecture: 'amd64',
      Os: 'linux',
      Created: '2026-01-05T10:00:00Z',
      Config: { Cmd: ['nginx', '-g', 'daemon off;'], ExposedPorts: { '80/tcp': {} } },
    });
  return json(200, [...images, untagged]);
}

function told({ asked, method, noun, id, verb }: ObjectsAsked): EngineResponse {
  asked.push(`${method} ${noun} ${id} ${verb}`);
  return json(201, { Id: networks[0]?.Id, Name: 'postgres-data' });
}

/** Two layers, the second one so slow that somebody can always say in time that it shall not come; asked for once more, it comes soon. It ends when nobody listens any more. */
function pull({ signal, asked, query }: ObjectsAsked): EngineResponse {
  const wish = `pull ${query.get('fromImage') ?? ''}:${query.get('tag') ?? ''}`;
  const stepBytes = asked.includes(wish) ? 8_000_000 : 50_000;
  asked.push(wish);
  const line = (id: string, status: string, current?: number): Uint8Array =>
    new TextEncoder().encode(
      `${JSON.stringify({ id, status, ...(current === undefined ? {} : { progressDetail: { current, total: 40_000_000 } }) })}\r\n`,
    );
  async function* lines() {
    yield line('3f2a9c01d4e5', 'Already exists');
    yield line('9b1d77e0aa10', 'Pulling fs layer');
    for (let current = 0; current <= 40_000_000 && !signal.aborted; current += stepBytes) {
      await new Promise((resolve) => setTimeout(resolve, 100).unref());
      yield line('9b1d77e0aa10', 'Downloading', current);
    }
    yield line('9b1d77e0aa10', 'Pull complete');
  }
  return { kind: 'plain', status: 200, headers: new Map([['content-type', 'application/json']]), body: lines() };
}

const volumes = ['postgres-data', 'grafana-data', 'uploads', 'f'.repeat(64)].map((Name) => ({
  ...{
    Name,
    Driver: 'local',
    Scope: 'local',
    Mountpoint: `/var/lib/gantry/engine/volumes/${Name}/_data`,
    CreatedAt: '2026-01-05T10:00:00Z',
  },
  ...{ Labels: null, Options: null },
}));

function ofVolumes(all: ObjectsAsked): EngineResponse {
  const { id, method, asked } = all;
  if (method === 'POST') return told(all);
  if (method === 'DELETE') {
    asked.push(`remove volume ${id}`);
    return json(204, undefined);
  }
  return id ? json(200, volumes.find(({ Name }) => Name === id) ?? volumes[0]) : json(200, { Volumes: volumes, Warnings: null });
}

const networks = [...['shop', 'auth', 'edge', 'ml'].map((stack) => `${stack}_default`), 'bridge'].map((Name, index) => ({
  ...{ Name, Id: String(index + 1).repeat(64), Driver: 'bridge', Scope: 'local', Created: '2026-01-05T10:00:00Z', Internal: index === 1 },
  ...{
    EnableIPv6: false,
    IPAM: { Config: [{ Subnet: `172.${20 + index}.0.0/16`, Gateway: `172.${20 + index}.0.1` }] },
    Options: {},
    Labels: {},
  },
}));

function ofNetworks(all: ObjectsAsked): EngineResponse {
  const { id, rows, method, asked } = all;
  if (method === 'POST') return told(all);
  if (method === 'DELETE') {
    asked.push(`remove network ${id}`);
    return json(204, undefined);
  }
  if (!id) return json(200, networks);
  const network = networks.find((one) => one.Id === id) ?? networks[0];
  const members = [...rows.values()].filter((row) => row.networks.some(({ name }) => name === network?.Name)).slice(0, 4);
  const containers = members.map((row, index) => [
    row.id,
    { Name: row.name, MacAddress: `02:42:ac:14:00:0${index}`, IPv4Address: `172.20.0.${index + 2}/16`, IPv6Address: '' },
  ]);
  return json(200, { ...network, Containers: Object.fromEntries(containers) as object });
}

const entry = (name: string, type: FileEntry['type'], sizeBytes = 4096): FileEntry => ({
  ...{
    name,
    type,
    sizeBytes,
    mode: type === 'directory' ? 0o755 : 0o644,
    uid: 0,
    gid: 0,
    modifiedAtMs: Date.now() - sizeBytes * 1000,
    etag: `"${name}"`,
  },
  ...(type === 'symlink' ? { linkTarget: 'app.yaml' } : {}),
});
const files = [
  entry('conf.d', 'directory'),
  entry('app.yaml', 'file', 214),
  entry('current', 'symlink', 8),
  entry('logo.bin', 'file', 3 * kibibyte),
];
const yaml = 'server:\n  port: 3000\n  名称: 订单\nlog:\n  level: info\n';

function ofGantry({ path, query, rows, method, asked, host }: ObjectsAsked): EngineResponse {
  if (path === '/gantry/topology') return json(200, topologyDouble([...rows.values()].filter((row) => row.host === host)));
  if (path === '/gantry/topology/probe')
    return json(200, {
      isReachable: false,
      address: '172.20.0.3',
      failedAt: 'firewall',
      message: 'the network shop_default does not lead to auth_default',
      elapsedMs: 3,
    });
  const name = query.get('path') ?? '/';
  if (path.endsWith('/files') && method === 'GET') return json(200, { entries: name === '/' ? files : [] });
  if (path.endsWith('/files/content') && method === 'GET') return content(name);
  asked.push(`${method} ${path.replace(/^.*\/files/, 'files')} ${name}`);
  return json(200, entry(name, 'file'));
}

function content(name: string): EngineResponse {
  const body = name.endsWith('.bin') ? Uint8Array.from({ length: 64 }, (_, index) => index) : new TextEncoder().encode(yaml);
  const headers = new Map([
    ['content-type', 'application/octet-stream'],
    ['etag', '"1"'],
    ['content-range', `bytes 0-${body.length - 1}/${body.length}`],
  ]);
  return { kind: 'plain', status: 206, headers, body };
}

const flow = (receivedBytes: number, sentBytes: number): Topology['links'][number]['rates'] => ({
  ...{ receivedBytes, sentBytes, receivedPackets: 9, receiveErrors: 0, receiveDropped: 0 },
  ...{ sentPackets: 9, sendErrors: 0, sendDropped: 0 },
});

/** The first networks of the double with the containers that the fleet has in them, each with its cable. */
function topologyDouble(rows: readonly FleetRow[]): Topology {
  const wired = rows.slice(0, 30).flatMap((row) => row.networks.map(({ name, ipv4 = '' }) => ({ row, name, ipv4 })));
  const names = [...new Set(wired.map(({ name }) => name))];
  const link = (name: string, kind: string | undefined, rates = flow(0, 0)): Topology['links'][number] => ({
    ...{
      name,
      kind,
      isUp: true,
      mtu: 1500,
      mac: '02:42:ac:14:00:01',
      addresses: kind === undefined ? ['10.42.0.10/24'] : [],
      totals: flow(0, 0),
      rates,
    },
  });
  return {
    ...{ takenAtMs: Date.now(), intervalMs: 1000, routes: [{ destination: 'default', gateway: '10.42.0.1', link: 'eth0' }] },
    links: [
      link('eth0', undefined, flow(3_200_000, 1_100_000)),
      ...wired.map(({ row }) => link(`veth${row.key}`, 'veth', flow(row.key % 3 ? 0 : 640_000 * row.key, 12_000))),
    ],
    networks: names.map((name, index) => ({
      id: name,
      name,
      driver: 'bridge',
      isInternal: false,
      link: `br${index}`,
      subnets: [{ subnet: `172.${20 + index}.0.0/16`, gateway: `172.${20 + index}.0.1` }],
    })),
    endpoints: wired.map(endpointDouble),
    ports: [],
  };
}

function endpointDouble({ row, name, ipv4 }: { row: FleetRow; name: string; ipv4: string }): Topology['endpoints'][number] {
  return {
    ...{ container: row.id, containerName: row.name, networkId: name, network: name, link: `veth${row.key}` },
    ...{ device: 'eth0', mac: '02:42:ac:14:00:02', addresses: [`${ipv4}/16`], isGateway: true },
  };
}

function json(status: number, body: unknown): EngineResponse {
  const bytes = body === undefined ? new Uint8Array() : new TextEncoder().encode(JSON.stringify(body));
  return { kind: 'plain', status, headers: new Map([['content-type', 'application/json']]), body: bytes };
}
