import { decide, installation } from '@gantry/access';
import { Failure } from '@gantry/base';
import { Injectable } from '@nestjs/common';
import { hostResource } from '../access/resources.ts';
import { HostDirectory } from '../hosts/host-directory.ts';
import type { Principal } from '../sessions/principal.ts';

/** Of which hosts somebody may read what was written down. */
@Injectable()
export class AuditReaders {
  constructor(private readonly hosts: HostDirectory) {}

  /** Undefined: of the whole installation; else the hosts whose rows are theirs to see, none where there is none. */
  hostsOf({ rights }: Pick<Principal, 'rights'>, permission: 'audit:view' | 'recording:play'): readonly string[] | undefined {
    if (decide(rights, permission, installation)) return undefined;
    return this.hosts.all.filter((host) => decide(rights, permission, hostResource(host))).map(({ id }) => id);
  }

  /** `forbidden` where somebody may not read of all these hosts any more; undefined: of the whole installation. */
  refuseLost(reader: Pick<Principal, 'rights'>, permission: 'audit:view' | 'recording:play', hosts: readonly string[] | undefined): void {
    const now = this.hostsOf(reader, permission);
    if (now === undefined || hosts?.every((host) => now.includes(host)) === true) return;
    throw new Failure('forbidden', `${permission} is needed for all of it`);
  }
}
