import { createUser, listUsers, removeUser, type User } from '@gantry/contract';
import { Controller } from '@nestjs/common';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import { UsersService } from './users.service.ts';

@Controller()
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Answers(listUsers)
  list(): Promise<User[]> {
    return this.users.list();
  }

  @Answers(createUser)
  add(@Input() { body }: InputOf<typeof createUser>): Promise<User> {
    return this.users.add(body);
  }

  @Answers(removeUser)
  remove(@Input() { params }: InputOf<typeof removeUser>): Promise<void> {
    return this.users.remove(params.userId);
  }
}
