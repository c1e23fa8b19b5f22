import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HostDirectory, type LinkState } from '../hosts/host-directory.ts';
import { Metrics } from '../operations/metrics.ts';
import { Fleet } from './fleet.ts';

const links: readonly LinkState[] = ['live', 'late', 'offline'];

/** Offers the size and health of the fleet to Prometheus. */
@Injectable()
export class FleetMetrics implements OnModuleInit {
  constructor(
    private readonly metrics: Metrics,
    private readonly directory: HostDirectory,
    private readonly fleet: Fleet,
  ) {}

  onModuleInit(): void {
    const { metrics, directory, fleet } = this;
    for (const link of links) {
      const count = (): number => directory.all.filter((host) => host.link === link).length;
      metrics.offer(`gantry_hosts_${link}`, { help: `Hosts whose link is ${link}.`, kind: 'gauge', read: count });
    }
    metrics.offer('gantry_containers', { help: 'Containers that are known.', kind: 'gauge', read: () => fleet.rows().length });
  }
}
