import { addTeamMember, createTeam, listTeams, removeTeam, removeTeamMember, renameTeam, type Team } from '@gantry/contract';
import { Controller } from '@nestjs/common';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import type { Principal } from '../sessions/principal.ts';
import { CurrentPrincipal } from './current-principal.ts';
import { TeamsService } from './teams.service.ts';

@Controller()
export class TeamsController {
  constructor(private readonly teams: TeamsService) {}

  @Answers(listTeams)
  list(@CurrentPrincipal() principal: Principal): Promise<Team[]> {
    return this.teams.list(principal);
  }

  @Answers(createTeam)
  add(@Input() { body }: InputOf<typeof createTeam>, @CurrentPrincipal() principal: Principal): Promise<Team> {
    return this.teams.add(body.name, principal);
  }

  @Answers(renameTeam)
  rename(@Input() { params, body }: InputOf<typeof renameTeam>, @CurrentPrincipal() principal: Principal): Promise<Team> {
    return this.teams.rename(params.teamId, body.name, principal);
  }

  @Answers(removeTeam)
  remove(@Input() { params }: InputOf<typeof removeTeam>, @CurrentPrincipal() principal: Principal): Promise<void> {
    return this.teams.remove(params.teamId, principal);
  }

  @Answers(addTeamMember)
  addMember(@Input() { params }: InputOf<typeof addTeamMember>, @CurrentPrincipal() principal: Principal): Promise<Team> {
    return this.teams.setMember(params, true, principal);
  }

  @Answers(removeTeamMember)
  removeMember(@Input() { params }: InputOf<typeof removeTeamMember>, @CurrentPrincipal() principal: Principal): Promise<Team> {
    return this.teams.setMember(params, false, principal);
  }
}
