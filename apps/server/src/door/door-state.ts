import { Inject, Injectable } from '@nestjs/common';
import { HostDirectory } from '../hosts/host-directory.ts';
import { SessionsService } from '../sessions/sessions.service.ts';
import { KnownThings } from './known-things.ts';
import { OwnedThings } from './owned-things.ts';

/** What the guard has to know of hosts, of what is on them, and of whose it is. */
@Injectable()
export class DoorState {
  /** Whether whoever asks proved a moment ago that it is them. */
  @Inject(SessionsService)
  readonly sessions!: Pick<SessionsService, 'isProven'>;

  constructor(
    readonly hosts: HostDirectory,
    readonly known: KnownThings,
    readonly owned: OwnedThings,
  ) {}
}
