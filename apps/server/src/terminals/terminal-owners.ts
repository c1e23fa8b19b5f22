import { decide, type Permission, type Rights } from '@gantry/access';
import { Failure } from '@gantry/base';
import type { SessionKind } from '@gantry/engine-api';
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

/** What it takes to have a terminal of one's own. */
const owning: Readonly<Record<SessionKind, Permission>> = { exec: 'container:exec', attach: 'container:attach', host: 'host:shell' };

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
      if (!this.mayOwn(this.rights.of(terminal.ownerId), terminal))
        throw new Failure('forbidden', `${owning[terminal.kind]} is needed for this`);
    });
  }

  mayOwn(rights: Rights, terminal: OwnedTerminal): boolean {
    return this.#may(rights, owning[terminal.kind], terminal);
  }

  /** Whoever types along on a host needs the right to a shell there, too. */
  may(rights: Rights, verb: 'watch' | 'join' | 'end', terminal: OwnedTerminal): boolean {
    if (verb === 'join' && terminal.kind === 'host' && !this.mayOwn(rights, terminal)) return false;
    return this.#may(rights, `session:${verb}`, terminal);
  }

  #may(rights: Rights, permission: Permission, { kind, host, containerId: id, labels }: OwnedTerminal): boolean {
    const of = kind === 'host' ? this.resources.host(host) : this.resources.object(host, { kind: 'container', id, labels });
    return decide(rights, permission, of);
  }
}
