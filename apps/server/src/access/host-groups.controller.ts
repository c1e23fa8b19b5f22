import {
  addHostToGroup,
  createHostGroup,
  type HostGroup,
  keepGroupRecordings,
  listHostGroups,
  removeHostFromGroup,
  removeHostGroup,
  renameHostGroup,
} from '@gantry/contract';
import { Controller } from '@nestjs/common';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import type { Principal } from '../sessions/principal.ts';
import { CurrentPrincipal } from './current-principal.ts';
import { HostGroupsService } from './host-groups.service.ts';

@Controller()
export class HostGroupsController {
  constructor(private readonly groups: HostGroupsService) {}

  @Answers(listHostGroups)
  list(@CurrentPrincipal() principal: Principal): Promise<HostGroup[]> {
    return this.groups.list(principal);
  }

  @Answers(createHostGroup)
  add(@Input() { body }: InputOf<typeof createHostGroup>, @CurrentPrincipal() principal: Principal): Promise<HostGroup> {
    return this.groups.add(body.name, principal);
  }

  @Answers(renameHostGroup)
  rename(@Input() { params, body }: InputOf<typeof renameHostGroup>, @CurrentPrincipal() principal: Principal): Promise<HostGroup> {
    return this.groups.rename(params.groupId, body.name, principal);
  }

  @Answers(keepGroupRecordings)
  keepRecordings(
    @Input() { params, body }: InputOf<typeof keepGroupRecordings>,
    @CurrentPrincipal() principal: Principal,
  ): Promise<HostGroup> {
    return this.groups.keepRecordings(params.groupId, body.days, principal);
  }

  @Answers(removeHostGroup)
  remove(@Input() { params }: InputOf<typeof removeHostGroup>, @CurrentPrincipal() principal: Principal): Promise<void> {
    return this.groups.remove(params.groupId, principal);
  }

  @Answers(addHostToGroup)
  put(@Input() { params }: InputOf<typeof addHostToGroup>, @CurrentPrincipal() principal: Principal): Promise<HostGroup> {
    return this.groups.put(params, true, principal);
  }

  @Answers(removeHostFromGroup)
  take(@Input() { params }: InputOf<typeof removeHostFromGroup>, @CurrentPrincipal() principal: Principal): Promise<HostGroup> {
    return this.groups.put(params, false, principal);
  }
}
