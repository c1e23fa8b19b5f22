import { createIdentityProvider, type IdentityProvider, updateIdentityProvider } from '@gantry/contract';
import { bodyToAdd, bodyToChange, emptyForm, formOf, optionOf } from './provider-form.ts';

const settings = {
  ...{ name: 'Corp', issuer: 'https://sso.example.org', clientId: 'gantry', scopes: ['profile', 'email'], groupsClaim: 'groups' },
  ...{ createsPeople: true, linksByEmail: false, emailDomains: ['example.org', 'example.net'], secondFactor: 'amr', isEnabled: true },
  mappings: [{ group: 'web', gives: { kind: 'role', role: 'viewer', addOns: [], scope: { kind: 'labels', selector: 'team=web' } } }],
} satisfies Partial<IdentityProvider>;
const provider: IdentityProvider = {
  ...settings,
  ...{
    key: 'corp',
    hasClientSecret: true,
    people: 3,
    createdAt: '2026-01-01T00:00:00.000Z',
    returnAddress: 'https://gantry.example.org/x',
  },
};

test('a provider that is opened and saved unchanged is sent as it was', () => {
  expect(updateIdentityProvider.body.parse(bodyToChange(formOf(provider)))).toEqual(settings);
});

test('lists are typed with blanks or commas, and lines that say nothing are left out', () => {
  const gives = optionOf({ kind: 'role', role: 'admin', addOns: [], scope: { kind: 'global' } });
  const typed = {
    ...{ ...emptyForm, key: 'corp', name: 'Corp', issuer: 'https://sso.example.org', clientId: 'gantry' },
    ...{ emailDomains: 'example.org,  Example.net ', scopes: ' email\tgroups ' },
    mappings: [
      { group: 'boss', gives },
      { group: ' ', gives },
      { group: 'web', gives: '' },
    ],
  };
  expect(createIdentityProvider.body.parse(bodyToAdd(typed))).toMatchObject({
    ...{ key: 'corp', scopes: ['email', 'groups'], emailDomains: ['example.org', 'example.net'] },
    mappings: [{ group: 'boss', gives: { kind: 'role', role: 'admin' } }],
  });
});
