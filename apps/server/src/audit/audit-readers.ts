import { decide, installation } from '@gantry/access';
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
}
