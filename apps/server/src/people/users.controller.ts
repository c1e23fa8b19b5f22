import { createUser, listUsers, type NewUser, type PasswordLink, removeUser, resetUser, updateUser, type User } from '@gantry/contract';
import { Controller } from '@nestjs/common';
import { CurrentPrincipal } from '../access/current-principal.ts';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import type { Principal } from '../sessions/principal.ts';
import { InvitationsService } from './invitations.service.ts';
import { UsersService } from './users.service.ts';

@Controller()
export class UsersController {
  constructor(
    private readonly users: UsersService,
    private readonly invitations: InvitationsService,
  ) {}

  @Answers(listUsers)
  list(): Promise<User[]> {
    return this.users.list();
  }

  @Answers(createUser)
  add(@Input() { body }: InputOf<typeof createUser>, @CurrentPrincipal() principal: Principal): Promise<NewUser> {
    return this.invitations.invite(body, principal);
  }

  @Answers(updateUser)
  change(@Input() { params, body }: InputOf<typeof updateUser>, @CurrentPrincipal() principal: Principal): Promise<User> {
    return this.users.change(params.userId, body, principal);
  }

  @Answers(resetUser)
  reset(@Input() { params, body }: InputOf<typeof resetUser>, @CurrentPrincipal() principal: Principal): Promise<PasswordLink> {
    return this.invitations.reset(params.userId, body, principal);
  }

  @Answers(removeUser)
  remove(@Input() { params }: InputOf<typeof removeUser>, @CurrentPrincipal() principal: Principal): Promise<void> {
    return this.users.remove(params.userId, principal);
  }
}
