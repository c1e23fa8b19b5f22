import { Failure } from '@gantry/base';

const shortestNanoseconds = 1_000_000;
const durations = ['Interval', 'Timeout', 'StartPeriod', 'StartInterval'] as const;

/** The numbers of a requested health check. Fails with `invalid` in dockerd's words. */
export function checkHealthcheck(healthcheck: Readonly<Record<string, unknown>> | null | undefined): void {
  for (const name of durations) {
    const nanoseconds = healthcheck?.[name] ?? 0;
    if (nanoseconds !== 0 && Number(nanoseconds) < shortestNanoseconds)
      throw new Failure('invalid', `${name} in Healthcheck cannot be less than 1ms`);
  }
  if (Number(healthcheck?.['Retries'] ?? 0) < 0) throw new Failure('invalid', 'Retries in Healthcheck cannot be negative');
}
