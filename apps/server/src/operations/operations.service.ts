import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Failure, version } from '@gantry/base';
import type { Installation } from '@gantry/contract';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Settings } from '../settings/settings.ts';
import { InstallationStore } from './installation.store.ts';
import { Metrics } from './metrics.ts';

@Injectable()
export class OperationsService implements OnModuleInit, OnModuleDestroy {
  readonly #delay = monitorEventLoopDelay({ resolution: 20 });

  constructor(
    private readonly settings: Settings,
    private readonly store: InstallationStore,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    this.#delay.enable();
    const { metrics } = this;
    metrics.offer('gantry_resident_memory_bytes', { help: 'Memory of the server.', kind: 'gauge', read: () => process.memoryUsage.rss() });
    metrics.offer('gantry_heap_used_bytes', { help: 'JavaScript heap in use.', kind: 'gauge', read: () => process.memoryUsage().heapUsed });
    metrics.offer('gantry_cpu_seconds_total', { help: 'Processor time of the server.', kind: 'counter', read: cpuSeconds });
    metrics.offer('gantry_uptime_seconds', { help: 'Time since the start.', kind: 'gauge', read: () => process.uptime() });
    const p99 = (): number => Math.round(this.#delay.percentile(99)) / 1e9;
    metrics.offer('gantry_event_loop_delay_p99_seconds', { help: 'How late timers fire.', kind: 'gauge', read: p99 });
  }

  onModuleDestroy(): void {
    this.#delay.disable();
  }

  /** `unavailable` where the database does not answer. */
  async ready(): Promise<{ status: 'ok' }> {
    try {
      await this.store.ping();
    } catch (cause) {
      throw new Failure('unavailable', 'the database does not answer', { cause });
    }
    return { status: 'ok' };
  }

  async installation(): Promise<Installation> {
    const { id, createdAt } = await this.store.loadOrCreate();
    const { config, keys, enginePort } = this.settings;
    return {
      ...{ id, version, createdAt: createdAt.toISOString(), url: config.url ?? '' },
      ...(config.tls ? { fingerprint: keys.fingerprint } : {}),
      ...(enginePort === undefined ? {} : { enginePort }),
    };
  }

  authority(): string {
    const { config, keys } = this.settings;
    if (!config.tls) throw new Failure('not-found', 'this server has no certificate of its own: TLS is off');
    return keys.authority.certificate;
  }

  text(): string {
    return this.metrics.text();
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
