import { decide, type Permission, type Rights } from '@gantry/access';
import { Failure } from '@gantry/base';
import { Injectable } from '@nestjs/common';
import { Resources } from '../access/resources.ts';
import { RightsService } from '../access/rights.service.ts';
import { type Hold, Standing } from '../access/standing.ts';
import type { OpenedTerminal } from './opened-terminal.ts';

/** Where a terminal is, and whose. */
export interface OwnedTerminal extends OpenedTerminal {
  readonly host: string;
  readonly ownerId: string;
}

/** What people may do with terminals, their own and those of others. */
@Injectable()
export class TerminalOwners {
  constructor(
    private readonly rights: RightsService,
    private readonly standing: Standing,
    private readonly resources: Resources,
  ) {}

  /** A terminal lasts as long as its owner may have it and is let in at all, whether they look at it or not. */
  hold(terminal: OwnedTerminal): Hold {
    return this.standing.hold(() => {
      if (this.rights.isDisabled(terminal.ownerId)) throw new Failure('forbidden', 'whoever opened it was disabled');
      if (!this.may(this.rights.of(terminal.ownerId), 'container:exec', terminal))
        throw new Failure('forbidden', 'container:exec is needed for this');
    });
  }

  may(rights: Rights, permission: Permission, { host, containerId: id, labels }: OwnedTerminal): boolean {
    return decide(rights, permission, this.resources.object(host, { kind: 'container', id, labels }));
  }
}
