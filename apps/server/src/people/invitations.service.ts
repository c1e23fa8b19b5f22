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
    return { user, link: await this.links.make(user.id, { as: 'invite' }, by) };
  }

  /**
   * Whoever got in as that person is out: password, sessions and API tokens are gone, and where it is asked for the second factors too.
   * `forbidden` for somebody who may more than the caller, `conflict` for a service, for somebody who is disabled and for the last owner.
   */
  async reset(id: string, { secondFactor: forgetsSecondFactor }: { secondFactor: boolean }, by: Principal): Promise<PasswordLink> {
    const link = await this.links.make(id, { as: 'reset', forgetsSecondFactor }, by);
    this.sessions.endAllOf(id, 'revoked');
    return link;
  }
}
