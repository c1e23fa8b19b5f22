import type { MessageKey } from '../../i18n/i18n.ts';

export interface PasswordForm {
  readonly password: string;
  readonly repeated: string;
}

const shortestPassword = 12;

/** What is wrong with a new password that was typed twice, as keys of texts; the server checks it against the common ones as well. */
export function problemsOfPassword({ password, repeated }: PasswordForm): Partial<Record<keyof PasswordForm, MessageKey>> {
  return {
    ...(password.length >= shortestPassword ? {} : { password: 'setup.needsPassword' }),
    ...(repeated === password ? {} : { repeated: 'setup.differs' }),
  };
}
