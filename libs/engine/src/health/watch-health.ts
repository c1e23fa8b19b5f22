import { setTimeout as sleep } from 'node:timers/promises';
import { type ContainersHost, publish } from '../containers/containers-host.ts';
import type { ManagedContainer } from '../containers/managed-container.ts';
import { type HealthCheck, healthCheckOf } from './health-check.ts';
import { afterProbe, type Health, healthFile, probeDelayMs } from './health-state.ts';
import type { Probes } from './probes.ts';
import { endLeftProbe, runProbe } from './run-probe.ts';

const longestTimerMs = 2 ** 31 - 1;
const file = 'health.json';

/** A run has begun: nothing is known of it yet, the log of former probes stays. */
export async function beginHealth(host: ContainersHost, container: ManagedContainer, startedAtMs: number): Promise<void> {
  const check = healthCheckOf(container.record.config);
  if (!check) return;
  await stopProbes(container);
  await keep(host, container, { status: 'starting', failingStreak: 0, log: container.health?.log ?? [] });
  container.probes = watch(host, container, { check, startedAtMs, firstDelayMs: probeDelayMs(starting, check, 0) });
}

/** A run goes on, after a pause or under a new engine: so do its probes, when the next is due. */
export async function resumeHealth(host: ContainersHost, container: ManagedContainer, startedAtMs: number): Promise<void> {
  const check = healthCheckOf(container.record.config);
  if (!check || container.probes) return;
  await endLeftProbe(host, container);
  const health = container.health ?? starting;
  const lastMs = Math.max(startedAtMs, health.log.at(-1)?.endMs ?? 0);
  const delayMs = probeDelayMs(health, check, Date.now() - startedAtMs);
  container.probes = watch(host, container, { check, startedAtMs, firstDelayMs: Math.max(0, lastMs + delayMs - Date.now()) });
}

/** Somebody ends the run: no probe runs when this resolves, and none begins before the next run, also where it is thawed to die. */
export async function forbidProbes(container: ManagedContainer): Promise<void> {
  await container.probes?.stop();
  container.probes = { stop: () => Promise.resolve() };
}

async function stopProbes(container: ManagedContainer): Promise<void> {
  await container.probes?.stop();
  container.probes = undefined;
}

/** The run is over or paused; what is not probed does not count as healthy, as with dockerd. */
export async function endHealth(host: ContainersHost, container: ManagedContainer): Promise<void> {
  await stopProbes(container);
  if (container.health) await keep(host, container, { ...container.health, status: 'unhealthy' });
}

/** What a former engine knew; nothing where its file is missing or torn. */
export async function readHealth(host: ContainersHost, container: ManagedContainer): Promise<void> {
  if (!healthCheckOf(container.record.config)) return;
  container.health = await host.records.read(container.id, file, healthFile).catch(() => undefined);
}

const starting: Health = { status: 'starting', failingStreak: 0, log: [] };

/** Not durable: after a power cut no run goes on that it could speak of. */
async function keep(host: ContainersHost, container: ManagedContainer, health: Health): Promise<void> {
  container.health = health;
  await host.records.write(container.id, file, { value: health, how: 'whole' }).catch((cause: unknown) => {
    host.report(`container ${container.id}: its health cannot be written down`, cause);
  });
}

interface Watched {
  readonly check: HealthCheck;
  readonly startedAtMs: number;
  readonly firstDelayMs: number;
}

function watch(host: ContainersHost, container: ManagedContainer, watched: Watched): Probes {
  const stopped = new AbortController();
  const over = probe(host, container, { ...watched, signal: stopped.signal }).catch((cause: unknown) => {
    host.report(`container ${container.id}: its health is not watched any more`, cause);
  });
  return {
    async stop() {
      stopped.abort();
      await over;
    },
  };
}

async function probe(
  host: ContainersHost,
  container: ManagedContainer,
  { check, startedAtMs, firstDelayMs, signal }: Watched & { signal: AbortSignal },
): Promise<void> {
  let delayMs = firstDelayMs;
  while (await passed(delayMs, signal)) {
    const result = await runProbe(host, container, { check, signal });
    if (signal.aborted) return;
    const before = container.health ?? starting;
    const health = afterProbe(before, result, { check, startedAtMs });
    container.health = health;
    if (health.status !== before.status) publish(host, container, { action: `health_status: ${health.status}` });
    await keep(host, container, health);
    delayMs = probeDelayMs(health, check, Date.now() - startedAtMs);
  }
}

/** Waits; false where the signal came first. The timer keeps no process alive. */
async function passed(delayMs: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(Math.min(delayMs, longestTimerMs), undefined, { signal, ref: false });
    return true;
  } catch {
    return false;
  }
}
