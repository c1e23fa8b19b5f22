import type { BodyOf, createIdentityProvider, IdentityProvider, updateIdentityProvider } from '@gantry/contract';

type Gives = IdentityProvider['mappings'][number]['gives'];

/** One line of the list of groups; `gives` is the text of an option, empty where none was chosen yet. */
export interface MappingLine {
  readonly group: string;
  readonly gives: string;
}

/** What is typed: lists are texts with blanks or commas. */
export interface ProviderForm {
  readonly key: string;
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scopes: string;
  readonly groupsClaim: string;
  readonly emailDomains: string;
  readonly secondFactor: IdentityProvider['secondFactor'];
  readonly createsPeople: boolean;
  readonly linksByEmail: boolean;
  readonly isEnabled: boolean;
  readonly mappings: readonly MappingLine[];
}

export const emptyForm: ProviderForm = {
  ...{ key: '', name: '', issuer: '', clientId: '', clientSecret: '', scopes: 'profile email', groupsClaim: 'groups', emailDomains: '' },
  ...{ secondFactor: 'never', createsPeople: true, linksByEmail: false, isEnabled: true, mappings: [] },
};

/** The value of an option that stands for what a group gives. */
export function optionOf(gives: Gives): string {
  return JSON.stringify(gives);
}

export function formOf({ scopes, emailDomains, mappings, ...provider }: IdentityProvider): ProviderForm {
  const { key, name, issuer, clientId, groupsClaim, secondFactor, createsPeople, linksByEmail, isEnabled } = provider;
  return {
    ...{ key, name, issuer, clientId, groupsClaim, secondFactor, createsPeople, linksByEmail, isEnabled, clientSecret: '' },
    scopes: scopes.join(' '),
    emailDomains: emailDomains.join(' '),
    mappings: mappings.map(({ group, gives }) => ({ group, gives: optionOf(gives) })),
  };
}

/** What is sent to add it; lines without a group or a choice are left out, an empty secret is none. */
export function bodyToAdd(form: ProviderForm): BodyOf<typeof createIdentityProvider> {
  return { ...bodyToChange(form), clientSecret: form.clientSecret || undefined, key: form.key };
}

/** The same to change it: an empty secret leaves the one that is there. */
export function bodyToChange(form: ProviderForm): BodyOf<typeof updateIdentityProvider> {
  const { name, issuer, clientId, groupsClaim, secondFactor, createsPeople, linksByEmail, isEnabled } = form;
  return {
    ...{ name, issuer, clientId, groupsClaim, secondFactor, createsPeople, linksByEmail, isEnabled },
    clientSecret: form.clientSecret || undefined,
    scopes: words(form.scopes),
    emailDomains: words(form.emailDomains),
    mappings: form.mappings
      .filter(({ group, gives }) => group.trim() !== '' && gives !== '')
      .map(({ group, gives }) => ({ group, gives: JSON.parse(gives) as Gives })),
  };
}

function words(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}
