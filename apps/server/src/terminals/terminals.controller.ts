import { listTerminals, type LiveTerminal } from '@gantry/contract';
import { Controller } from '@nestjs/common';
import { CurrentPrincipal } from '../access/current-principal.ts';
import { Answers } from '../http/contract-row.ts';
import type { Principal } from '../sessions/principal.ts';
import { TerminalsService } from './terminals.service.ts';

@Controller()
export class TerminalsController {
  constructor(private readonly terminals: TerminalsService) {}

  @Answers(listTerminals)
  list(@CurrentPrincipal() principal: Principal): LiveTerminal[] {
    return this.terminals.list(principal);
  }
}
