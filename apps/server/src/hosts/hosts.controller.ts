import { approveHost, getHost, type Host, listHosts, removeHost, updateHost } from '@gantry/contract';
import { Controller } from '@nestjs/common';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import { HostsService } from './hosts.service.ts';

@Controller()
export class HostsController {
  constructor(private readonly hosts: HostsService) {}

  @Answers(listHosts)
  list(): Host[] {
    return this.hosts.list();
  }

  @Answers(getHost)
  get(@Input() { params }: InputOf<typeof getHost>): Host {
    return this.hosts.get(params.hostId);
  }

  @Answers(updateHost)
  update(@Input() { params, body }: InputOf<typeof updateHost>): Promise<Host> {
    return this.hosts.update(params.hostId, body);
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
