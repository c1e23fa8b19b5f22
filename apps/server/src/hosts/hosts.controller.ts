import { approveHost, getHost, type Host, listHosts, removeHost, updateHost } from '@gantry/contract';
import { Controller } from '@nestjs/common';
import { CurrentPrincipal } from '../access/current-principal.ts';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import type { Principal } from '../sessions/principal.ts';
import { HostsService } from './hosts.service.ts';

@Controller()
export class HostsController {
  constructor(private readonly hosts: HostsService) {}

  @Answers(listHosts)
  list(@CurrentPrincipal() principal: Principal): Host[] {
    return this.hosts.list(principal);
  }

  @Answers(getHost)
  get(@Input() { params }: InputOf<typeof getHost>, @CurrentPrincipal() principal: Principal): Host {
    return this.hosts.get(params.hostId, principal);
  }

  @Answers(updateHost)
  update(@Input() { params, body }: InputOf<typeof updateHost>, @CurrentPrincipal() principal: Principal): Promise<Host> {
    return this.hosts.update(params.hostId, body, principal);
  }

  @Answers(approveHost)
  approve(@Input() { params }: InputOf<typeof approveHost>): Promise<Host> {
    return this.hosts.approve(params.hostId);
  }

  @Answers(removeHost)
  remove(@Input() { params }: InputOf<typeof removeHost>): Promise<void> {
    return this.hosts.remove(params.hostId);
  }
}
