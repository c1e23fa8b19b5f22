import type { MessageKey } from '../../i18n/i18n.ts';
import { problemsOfPassword } from '../login/password-form.ts';

export interface OwnerForm {
  readonly code: string;
  readonly name: string;
  readonly password: string;
  readonly repeated: string;
}

const namePattern = /^[\p{L}\p{N}][\p{L}\p{N}._@-]+$/u;

/** The set-up code of `#code=…` or of a bare fragment. A fragment never leaves the browser, so the code is in no log. */
export function codeFromFragment(hash: string): string {
  const fragment = decodeURIComponent(hash.replace(/^#/, ''));
  return new URLSearchParams(fragment).get('code') ?? (fragment.includes('=') ? '' : fragment);
}

/** What is wrong with each field, as keys of texts; the server checks the same again. */
export function problemsOfOwner(form: OwnerForm): Partial<Record<keyof OwnerForm, MessageKey>> {
  return {
    ...(form.code.trim() ? {} : { code: 'setup.needsCode' }),
    ...(namePattern.test(form.name.trim()) ? {} : { name: 'setup.needsName' }),
    ...problemsOfPassword(form),
  };
}
