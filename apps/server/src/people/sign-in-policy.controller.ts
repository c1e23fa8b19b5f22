import { getSignInPolicy, type SignInPolicy, updateSignInPolicy } from '@gantry/contract';
import { Controller } from '@nestjs/common';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import { SignInPolicyService } from '../sessions/sign-in-policy.service.ts';

@Controller()
export class SignInPolicyController {
  constructor(private readonly policy: SignInPolicyService) {}

  @Answers(getSignInPolicy)
  get(): SignInPolicy {
    return this.policy.current;
  }

  @Answers(updateSignInPolicy)
  update(@Input() { body }: InputOf<typeof updateSignInPolicy>): Promise<SignInPolicy> {
    return this.policy.update(body);
  }
}
