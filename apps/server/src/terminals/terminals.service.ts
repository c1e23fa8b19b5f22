import type { LiveTerminal } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../sessions/principal.ts';
import type { KeptTerminal } from './kept-terminal.ts';
import { LiveTerminals } from './live-terminals.ts';
import { TerminalOwners } from './terminal-owners.ts';

const verbs = ['watch', 'join', 'end'] as const;

/** Open terminals as somebody sees them. */
@Injectable()
export class TerminalsService {
  constructor(
    private readonly live: LiveTerminals,
    private readonly owners: TerminalOwners,
  ) {}

  list(principal: Principal): LiveTerminal[] {
    const seen = this.live.all.map((kept) => this.#describe(kept, principal)).filter((one) => one.isOwn || one.can.length > 0);
    return seen.sort((a, b) => a.startedAt.localeCompare(b.startedAt));
  }

  #describe({ terminal, people }: KeptTerminal, { userId, rights }: Principal): LiveTerminal {
    const { id, kind, host, containerId, containerName, command, ownerId, owner, startedAt } = terminal;
    return {
      ...{ id, kind, host, container: containerId, name: containerName, command, owner, startedAt: startedAt.toISOString() },
      isOwn: ownerId === userId && this.owners.mayOwn(rights, terminal),
      can: verbs.filter((verb) => this.owners.may(rights, verb, terminal)),
      people: people.map(({ name, mode }) => ({ name, mode })),
    };
  }
}
