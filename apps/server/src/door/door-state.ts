import { Injectable } from '@nestjs/common';
import { Fleet } from '../fleet/fleet.ts';
import { HostDirectory } from '../hosts/host-directory.ts';
import { ExecOwners } from './exec-owners.ts';

/** What the guard has to know of hosts, containers and execs. */
@Injectable()
export class DoorState {
  constructor(
    readonly hosts: HostDirectory,
    readonly fleet: Fleet,
    readonly execs: ExecOwners,
  ) {}
}
