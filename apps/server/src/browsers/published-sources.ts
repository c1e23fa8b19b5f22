import { Injectable } from '@nestjs/common';
import { Events } from '../fleet/events.ts';
import { HostDirectory } from '../hosts/host-directory.ts';
import { HostsService } from '../hosts/hosts.service.ts';

/** What is said of hosts and events. */
@Injectable()
export class PublishedSources {
  constructor(
    readonly directory: HostDirectory,
    readonly hosts: HostsService,
    readonly events: Events,
  ) {}
}
