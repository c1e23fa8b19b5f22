import type { ContainerReport, FleetPort } from '@gantry/engine-api';
import * as z from 'zod/mini';

const text = z.nullish(z.string());
const number = z.nullish(z.number());
const Binding = z.object({ HostIp: text, HostPort: text });

/** The part of `GET /containers/{id}/json` that a row is made from; every field may be absent in an older or another engine. */
export const Inspected = z.object({
  Id: z.string(),
  Name: text,
  Created: text,
  RestartCount: number,
  Image: text,
  State: z.object({
    Status: text,
    ExitCode: number,
    OOMKilled: z.nullish(z.boolean()),
    Pid: number,
    StartedAt: text,
    FinishedAt: text,
    Health: z.nullish(z.object({ Status: text })),
  }),
  Config: z.nullish(z.object({ Image: text, Labels: z.nullish(z.record(z.string(), z.string())) })),
  HostConfig: z.nullish(z.object({ Memory: number, NanoCpus: number, CpuQuota: number, CpuPeriod: number, PidsLimit: number })),
  NetworkSettings: z.nullish(
    z.object({
      Ports: z.nullish(z.record(z.string(), z.nullish(z.array(Binding)))),
      Networks: z.nullish(z.record(z.string(), z.nullish(z.object({ IPAddress: text, GlobalIPv6Address: text })))),
    }),
  ),
  Mounts: z.nullish(z.array(z.object({ Type: text, Name: text }))),
});
export type Inspected = z.infer<typeof Inspected>;

const states = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'] as const;
const healths = ['starting', 'healthy', 'unhealthy'] as const;
const mostLabels = 32;
const mostLabelCharacters = 2048;

/** One row of the fleet from what the engine says of a container. Never its environment, command or mount paths. */
export function reportOf(inspected: Inspected, seen: { revision: number; observedAtMs: number }): ContainerReport {
  const { State: state, Config: config } = inspected;
  const name = states.find((known) => known === state.Status) ?? 'dead';
  const health = healths.find((known) => known === state.Health?.Status);
  const startedAtMs = timeOf(state.StartedAt);
  return {
    id: inspected.Id,
    name: (inspected.Name ?? '').replace(/^\//, ''),
    state: name,
    ...(health && name === 'running' ? { health } : {}),
    ...exitOf(name, state),
    createdAtMs: timeOf(inspected.Created) ?? 0,
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    restarts: inspected.RestartCount ?? 0,
    image: { ref: config?.Image ?? '', id: inspected.Image ?? '' },
    ports: portsOf(inspected.NetworkSettings),
    networks: networksOf(inspected.NetworkSettings),
    volumes: (inspected.Mounts ?? []).flatMap(({ Type, Name }) => (Type === 'volume' && Name ? [Name] : [])).slice(0, 256),
    ...labelsOf(config?.Labels ?? {}),
    limits: limitsOf(inspected.HostConfig),
    ...seen,
  };
}

function exitOf(name: ContainerReport['state'], state: Inspected['State']): Pick<ContainerReport, 'exit'> {
  const atMs = timeOf(state.FinishedAt);
  if (atMs === undefined || (name !== 'exited' && name !== 'dead' && name !== 'restarting')) return {};
  return { exit: { code: state.ExitCode ?? 0, isOutOfMemory: state.OOMKilled ?? false, atMs } };
}

/** Go's zero time stands for "never". */
function timeOf(time: string | null | undefined): number | undefined {
  if (!time || time.startsWith('0001-')) return undefined;
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? undefined : ms;
}

function portsOf(settings: Inspected['NetworkSettings']): FleetPort[] {
  const ports = Object.entries(settings?.Ports ?? {}).flatMap(([key, bindings]): FleetPort[] => {
    const [containerPort, protocol = 'tcp'] = key.split('/');
    if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'sctp') return [];
    return (bindings ?? []).map(({ HostIp, HostPort }) => ({
      address: HostIp ?? '',
      hostPort: Number(HostPort ?? 0),
      containerPort: Number(containerPort),
      protocol,
    }));
  });
  return ports.slice(0, 2048);
}

function networksOf(settings: Inspected['NetworkSettings']): ContainerReport['networks'] {
  return Object.entries(settings?.Networks ?? {}).map(([name, endpoint]) => ({
    name,
    ...(endpoint?.IPAddress ? { ipv4: endpoint.IPAddress } : {}),
    ...(endpoint?.GlobalIPv6Address ? { ipv6: endpoint.GlobalIPv6Address } : {}),
  }));
}

function labelsOf(labels: Record<string, string>): Pick<ContainerReport, 'labels' | 'isTruncated'> {
  const kept: [string, string][] = [];
  let characters = 0;
  for (const [key, value] of Object.entries(labels).sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))) {
    characters += key.length + value.length;
    if (kept.length === mostLabels || characters > mostLabelCharacters) return { labels: Object.fromEntries(kept), isTruncated: true };
    kept.push([key, value]);
  }
  return { labels: Object.fromEntries(kept), isTruncated: false };
}

/** What a stack is known by is never cut off. */
function rank(label: string): number {
  return label.startsWith('com.docker.compose.') || label.startsWith('gantry.') ? 0 : 1;
}

function limitsOf(host: Inspected['HostConfig']): ContainerReport['limits'] {
  if (!host) return {};
  const quota = host.CpuQuota && host.CpuQuota > 0 ? host.CpuQuota / (host.CpuPeriod || 100_000) : undefined;
  const cpus = host.NanoCpus ? host.NanoCpus / 1e9 : quota;
  return {
    ...(host.Memory ? { memoryBytes: host.Memory } : {}),
    ...(cpus === undefined ? {} : { cpus }),
    ...(host.PidsLimit && host.PidsLimit > 0 ? { pids: host.PidsLimit } : {}),
  };
}
