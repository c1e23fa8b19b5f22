import type { RoleName } from '@gantry/access';
import type { NewUser, PasswordLink, User } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../sessions/principal.ts';
import { SessionsService } from '../sessions/sessions.service.ts';
import { PasswordLinksService } from './password-links.service.ts';
import { UsersService } from './users.service.ts';

/** Whom those who manage people let choose a password. */
@Injectable()
export class InvitationsService {
  constructor(
    private readonly users: UsersService,
    private readonly links: PasswordLinksService,
    private readonly sessions: SessionsService,
  ) {}

  /** A service is added without a link. `conflict` where the name is taken, `forbidden` where the role is more than the caller has. */
  async invite(person: { name: string; kind: User['kind']; role?: RoleName | undefined }, by: Principal): Promise<NewUser> {
    const user = await this.users.add(person, by);
    if (user.kind === 'service') return { user };
    return { user, link: await this.links.make(user.id, 'invite') };
  }

  /** `forbidden` for somebody who may more than the caller, `conflict` for a service and for somebody who is disabled. */
  async reset(id: string, by: Principal): Promise<PasswordLink> {
    await this.users.admitReset(id, by);
    const link = await this.links.make(id, 'reset');
    this.sessions.endAllOf(id, 'revoked');
    return link;
  }
}
