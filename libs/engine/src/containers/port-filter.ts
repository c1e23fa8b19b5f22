import { Failure } from '@gantry/base';
import { runOf } from './container.ts';
import type { ManagedContainer } from './managed-container.ts';

type MatchesPorts = (container: ManagedContainer) => boolean;

/**
 * The filters `expose` and `publish` (`80`, `80/tcp`, `8000-8010/tcp`): what a running container listens on inside, and the host ports that lead to
 * it. As with dockerd nothing is exposed while nothing runs. Fails with `invalid` for what is no port.
 */
export function portFilter(key: 'expose' | 'publish', values: readonly string[] | undefined): MatchesPorts {
  if (!values) return () => true;
  const ranges = values.map((value) => rangeOf(key, value));
  return (container) => {
    const ports = key === 'publish' ? publishedPorts(container) : exposedPorts(container);
    return ports.some(({ port, protocol }) => ranges.some((one) => one.protocol === protocol && port >= one.first && port <= one.last));
  };
}

interface Port {
  readonly port: number;
  readonly protocol: string;
}

function publishedPorts({ state }: ManagedContainer): Port[] {
  return (runOf(state)?.sandbox.ports ?? []).map(({ hostPort, protocol }) => ({ port: hostPort, protocol }));
}

function exposedPorts({ record, state }: ManagedContainer): Port[] {
  const run = runOf(state);
  if (!run || run.sandbox.endpoints.length === 0) return [];
  const published = run.sandbox.ports.map(({ containerPort, protocol }) => ({ port: containerPort, protocol }));
  const exposed = Object.keys(record.config.ExposedPorts ?? {}).map((text) => {
    const [port = '', protocol = 'tcp'] = text.split('/');
    return { port: Number.parseInt(port, 10), protocol };
  });
  return [...published, ...exposed];
}

function rangeOf(key: string, value: string): { first: number; last: number; protocol: string } {
  const [, first = '', last = first, protocol = 'tcp'] = /^(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/i.exec(value) ?? [];
  const wrong = (why: string): Failure => new Failure('invalid', `error while looking up for ${key} ${value}: ${why}`);
  if (first === '') throw wrong(`strconv.ParseUint: parsing ${JSON.stringify(value.split('/', 1)[0])}: invalid syntax`);
  if (Number(last) < Number(first) || Number(last) > 65_535) throw wrong('invalid port');
  return { first: Number(first), last: Number(last), protocol: protocol.toLowerCase() };
}
