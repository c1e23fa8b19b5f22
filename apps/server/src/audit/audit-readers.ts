import { decide, installation } from '@gantry/access';
import { Injectable } from '@nestjs/common';
import { HostDirectory } from '../hosts/host-directory.ts';
import type { Principal } from '../sessions/principal.ts';

/** Of which hosts somebody may read what was written down. */
@Injectable()
export class AuditReaders {
  constructor(private readonly hosts: HostDirectory) {}

  /** Undefined: of the whole installation; else the hosts whose rows are theirs to see, none where there is none. */
  hostsOf({ grants }: Pick<Principal, 'grants'>, permission: 'audit:view' | 'recording:play'): readonly string[] | undefined {
    if (decide(grants, permission, installation)) return undefined;
    return this.hosts.all.map(({ id }) => id).filter((host) => decide(grants, permission, { kind: 'host', host }));
  }
}
