import { Failure } from '@gantry/base';

export interface SecurityOptions {
  /** `default`, `unconfined`, or the text of a profile in Docker's form. */
  readonly seccomp: string;
  /** The name of a profile, `unconfined`, or '' where the request names none. */
  readonly apparmor: string;
  readonly isWithoutNewPrivileges: boolean;
}

/** HostConfig.SecurityOpt; the first `=`, else the first `:` divides name and value. Fails with `invalid` in dockerd's words. */
export function securityOptions(options: readonly string[]): SecurityOptions {
  let result: SecurityOptions = { seccomp: 'default', apparmor: '', isWithoutNewPrivileges: false };
  for (const option of options) {
    if (option === 'no-new-privileges') result = { ...result, isWithoutNewPrivileges: true };
    else if (option !== 'disable') result = { ...result, ...named(option) };
  }
  return result;
}

function named(option: string): Partial<SecurityOptions> {
  const divider = option.includes('=') ? '=' : ':';
  const at = option.indexOf(divider);
  if (at < 0) throw new Failure('invalid', `invalid --security-opt 1: ${JSON.stringify(option)}`);
  const value = option.slice(at + 1);
  switch (option.slice(0, at)) {
    case 'label':
      return {};
    case 'apparmor':
      return { apparmor: value };
    case 'seccomp':
      return { seccomp: value === 'builtin' ? 'default' : value };
    case 'no-new-privileges':
      if (/^(1|t|true|0|f|false)$/i.test(value)) return { isWithoutNewPrivileges: /^(1|t|true)$/i.test(value) };
  }
  throw new Failure('invalid', `invalid --security-opt 2: ${JSON.stringify(option)}`);
}
