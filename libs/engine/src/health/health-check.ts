import { Failure } from '@gantry/base';
import type { ContainerConfig, HealthcheckConfig, Requested } from '../containers/container-config.ts';

/** What is run in a container to see whether it is well, and when. */
export interface HealthCheck {
  readonly command: readonly string[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Failures count for nothing so long after the start, until the first success. */
  readonly startPeriodMs: number;
  /** The interval while that lasts. */
  readonly startIntervalMs: number;
  /** So many failures in a row are an unhealthy container. */
  readonly retries: number;
}

const nanosecondsPerMs = 1e6;
const defaults = { Interval: 30e9, Timeout: 30e9, StartPeriod: 0, StartInterval: 5e9, Retries: 3 } as const;
const defaultShell = ['/bin/sh', '-c'] as const;
const durations = ['Interval', 'Timeout', 'StartPeriod', 'StartInterval'] as const;
const shortestNanoseconds = 1e6;

/** The check of a container; undefined where it has none, it is switched off (`NONE`) or of a kind that nobody knows. */
export function healthCheckOf({
  Healthcheck: config,
  Shell: shell,
}: Pick<ContainerConfig, 'Healthcheck' | 'Shell'>): HealthCheck | undefined {
  const [kind, ...words] = config?.Test ?? [];
  if (kind !== 'CMD' && kind !== 'CMD-SHELL') return undefined;
  const command = kind === 'CMD' ? words : [...(shell?.length ? shell : defaultShell), ...words];
  if (command.length === 0) return undefined;
  const ms = (field: (typeof durations)[number]): number => (config?.[field] ?? defaults[field]) / nanosecondsPerMs;
  return {
    command,
    intervalMs: ms('Interval'),
    timeoutMs: ms('Timeout'),
    startPeriodMs: ms('StartPeriod'),
    startIntervalMs: ms('StartInterval'),
    retries: config?.Retries ?? defaults.Retries,
  };
}

/** A request's check over its image's, field by field; fields of no value are left out, as in dockerd's answers. Fails with `invalid` in dockerd's words. */
export function mergedHealthcheck(
  requested: Requested<HealthcheckConfig> | null | undefined,
  image: Readonly<Record<string, unknown>> | undefined,
): HealthcheckConfig | undefined {
  if (!requested) return image && withoutEmpty(image);
  checkHealthcheck(requested);
  return { ...(image && withoutEmpty(image)), ...withoutEmpty(requested) };
}

function checkHealthcheck(requested: Requested<HealthcheckConfig>): void {
  for (const field of durations) {
    const value = requested[field] ?? 0;
    if (value !== 0 && value < shortestNanoseconds) throw new Failure('invalid', `${field} in Healthcheck cannot be less than 1ms`);
  }
  if ((requested.Retries ?? 0) < 0) throw new Failure('invalid', 'Retries in Healthcheck cannot be negative');
}

function withoutEmpty(config: object): HealthcheckConfig {
  const isGiven = (value: unknown): boolean =>
    Array.isArray(value) ? value.length > 0 : value !== 0 && value !== null && value !== undefined;
  return Object.fromEntries(Object.entries(config).filter(([, value]) => isGiven(value)));
}
