import type { PortForm } from './run-form.ts';

export interface Published {
  /** `80/tcp` */
  readonly key: string;
  readonly address: { readonly HostIp?: string; readonly HostPort: string };
}

const hostPattern = /^(?:\[([0-9a-f:]+)\]:|((?:\d{1,3}\.){3}\d{1,3}):)?(\d{1,5}(?:-\d{1,5})?)?$/i;

/** Address and ports of what is written in front of the arrow; undefined where it is neither. */
function readHost(written: string): { ip: string | undefined; ports: string } | undefined {
  const [all, six, four, ports = ''] = hostPattern.exec(written.trim()) ?? [];
  return all === undefined ? undefined : { ip: six ?? four, ports };
}

function readPorts(written: string): number[] | undefined {
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(written.trim()) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (!(from > 0 && to < 65_536 && from <= to && to - from < 1024)) return undefined;
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** Whether the engine could take the row: ports from 1 to 65535, and as many on the host as inside, or one range of the host for one port to choose from. */
export function isPublishable({ host, container }: PortForm): boolean {
  const inside = readPorts(container);
  const outside = readHost(host);
  if (!inside || !outside) return false;
  if (outside.ports === '') return true;
  const count = readPorts(outside.ports)?.length;
  return count !== undefined && (count === inside.length || inside.length === 1);
}

/** The ports of a row one by one, as the API has them; none where it cannot be read. */
export function expandRange({ host, container, protocol }: PortForm): Published[] {
  const inside = readPorts(container) ?? [];
  const { ip, ports } = readHost(host) ?? { ip: undefined, ports: '' };
  const outside = ports === '' ? [] : (readPorts(ports) ?? []);
  return inside.map((port, index) => {
    const chosen = outside.length === inside.length ? String(outside[index] ?? '') : ports;
    return { key: `${port}/${protocol}`, address: { ...(ip === undefined ? {} : { HostIp: ip }), HostPort: chosen } };
  });
}
