import { getSignInPolicy, type SignInPolicy, updateSignInPolicy } from '@gantry/contract';
import { Controller } from '@nestjs/common';
import { CurrentPrincipal } from '../access/current-principal.ts';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import type { Principal } from '../sessions/principal.ts';
import { SignInPolicyService } from '../sessions/sign-in-policy.service.ts';

@Controller()
export class SignInPolicyController {
  constructor(private readonly policy: SignInPolicyService) {}

  @Answers(getSignInPolicy)
  get(): SignInPolicy {
    return this.policy.current;
  }

  @Answers(updateSignInPolicy)
  update(@Input() { body }: InputOf<typeof updateSignInPolicy>, @CurrentPrincipal() principal: Principal): Promise<SignInPolicy> {
    return this.policy.update(body, principal);
  }
}
