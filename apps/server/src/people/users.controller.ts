import { createUser, listUsers, removeUser, type User } from '@gantry/contract';
import { Controller } from '@nestjs/common';
import { CurrentPrincipal } from '../access/current-principal.ts';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import type { Principal } from '../sessions/principal.ts';
import { UsersService } from './users.service.ts';

@Controller()
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Answers(listUsers)
  list(): Promise<User[]> {
    return this.users.list();
  }

  @Answers(createUser)
  add(@Input() { body }: InputOf<typeof createUser>, @CurrentPrincipal() principal: Principal): Promise<User> {
    return this.users.add(body, principal);
  }

  @Answers(removeUser)
  remove(@Input() { params }: InputOf<typeof removeUser>, @CurrentPrincipal() principal: Principal): Promise<void> {
    return this.users.remove(params.userId, principal);
  }
}
