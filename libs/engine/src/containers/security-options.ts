import { Failure } from '@gantry/base';

export interface SecurityOptions {
  /** `default`, `unconfined`, or the text of a profile in Docker's form. */
  readonly seccomp: string;
  readonly isWithoutNewPrivileges: boolean;
  readonly isSystemPathsVisible: boolean;
}

/** HostConfig.SecurityOpt; `=` or `:` divides name and value. Fails with `invalid` for an unknown name. */
export function securityOptions(options: readonly string[]): SecurityOptions {
  let result: SecurityOptions = { seccomp: 'default', isWithoutNewPrivileges: false, isSystemPathsVisible: false };
  for (const option of options) {
    const [, name = option, value = 'true'] = /^([a-z-]+)[=:](.*)$/s.exec(option) ?? [];
    if (name === 'seccomp') result = { ...result, seccomp: value === 'builtin' ? 'default' : value };
    else if (name === 'no-new-privileges') result = { ...result, isWithoutNewPrivileges: value === 'true' };
    else if (name === 'systempaths') result = { ...result, isSystemPathsVisible: value === 'unconfined' };
    else if (name !== 'apparmor' && name !== 'label') throw new Failure('invalid', `invalid --security-opt 2: "${option}"`);
  }
  return result;
}
