import * as z from 'zod';
import { AddOnName, GrantScope } from './grants.ts';
import { type ContractRow, nothing } from './row.ts';

/** Names a provider in addresses; it never changes. */
export const ProviderKey = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and - only, 63 at most');

/** By plain http only on this machine: there nobody reads along. */
const Issuer = z
  .url({ protocol: /^https?$/ })
  .max(512)
  .refine((text) => isIssuer(text), 'an https address without query, fragment or password; http only on this machine');

/** A domain as it stands behind the @ of an address. */
const EmailDomain = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'a domain as example.org');

/** What somebody gets who is in a group there: a place in a team, or a role somewhere. */
export const GroupGives = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('team'), team: z.uuid() }),
    z.strictObject({
      kind: z.literal('role'),
      /** The name of a built-in role or the id of another. */
      role: z.string().min(1).max(64),
      addOns: z.array(AddOnName).default([]),
      scope: GrantScope,
    }),
  ])
  .meta({ id: 'GroupGives' });
export type GroupGives = z.infer<typeof GroupGives>;

export const GroupMapping = z.strictObject({ group: z.string().trim().min(1).max(256), gives: GroupGives }).meta({ id: 'GroupMapping' });
export type GroupMapping = z.infer<typeof GroupMapping>;

const settings = {
  /** On the button of the login page. */
  name: z.string().trim().min(2).max(64),
  issuer: Issuer,
  clientId: z.string().trim().min(1).max(256),
  /** Asked for besides `openid`. */
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/, 'a scope has no blanks, quotes or backslashes'))
    .max(20)
    .default(['profile', 'email']),
  /** The claim that holds a person's groups; dots lead into objects, as `realm_access.roles`. */
  groupsClaim: z.string().trim().min(1).max(128).default('groups'),
  mappings: z.array(GroupMapping).max(200).default([]),
  /** Whether somebody whom nobody here knows gets an account, with what their groups give and nothing else. */
  createsPeople: z.boolean().default(false),
  /** Whether an account that is called like a verified address there belongs to whoever has that address. */
  linksByEmail: z.boolean().default(false),
  /** Only people with a verified address in one of these; empty: everybody whom the provider lets in. */
  emailDomains: z.array(EmailDomain).max(50).default([]),
  /** When its sign-in stands for two factors: never, where its `amr` says so, always. */
  secondFactor: z.enum(['never', 'amr', 'always']).default('never'),
  isEnabled: z.boolean().default(true),
};

const clientSecret = z.string().min(1).max(1024);

export const IdentityProvider = z
  .object({
    ...settings,
    key: ProviderKey,
    /** The secret itself is never told. */
    hasClientSecret: z.boolean(),
    /** What has to be registered with the provider as the address to return to. */
    returnAddress: z.string(),
    /** How many people have signed in with it. */
    people: z.int().nonnegative(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'IdentityProvider' });
export type IdentityProvider = z.infer<typeof IdentityProvider>;

const params = z.object({ providerKey: ProviderKey });

export const listIdentityProviders = {
  name: 'listIdentityProviders',
  method: 'GET',
  path: '/api/settings/identity-providers',
  access: 'sso:manage',
  summary: 'Providers that people sign in with',
  answer: z.array(IdentityProvider),
} as const satisfies ContractRow;

/** 403 where its groups would give more than the caller has, 409 where key or name is taken. */
export const createIdentityProvider = {
  name: 'createIdentityProvider',
  method: 'POST',
  path: '/api/settings/identity-providers',
  access: 'sso:manage',
  recent: true,
  summary: 'Let people sign in with a provider',
  body: z.strictObject({ ...settings, key: ProviderKey, clientSecret: clientSecret.optional() }),
  answer: IdentityProvider,
  status: 201,
} as const satisfies ContractRow;

/**
 * Without `clientSecret` the one that is there stays, null removes it; with another issuer it has to be given again. What the groups gave and
 * give no longer is taken at once; what they give now comes with the next sign-in. 403 where they give, or gave, more than the caller has.
 */
export const updateIdentityProvider = {
  name: 'updateIdentityProvider',
  method: 'PUT',
  path: '/api/settings/identity-providers/:providerKey',
  access: 'sso:manage',
  recent: true,
  summary: 'Change a provider',
  params,
  body: z.strictObject({ ...settings, clientSecret: clientSecret.nullable().optional() }),
  answer: IdentityProvider,
} as const satisfies ContractRow;

/** What its groups gave goes with it, at once; accounts stay. */
export const removeIdentityProvider = {
  name: 'removeIdentityProvider',
  method: 'DELETE',
  path: '/api/settings/identity-providers/:providerKey',
  access: 'sso:manage',
  recent: true,
  summary: 'Remove a provider',
  params,
  answer: nothing,
} as const satisfies ContractRow;

/** Asks the provider for its description, as a sign-in does first. */
export const checkIdentityProvider = {
  name: 'checkIdentityProvider',
  method: 'POST',
  path: '/api/settings/identity-providers/:providerKey/check',
  access: 'sso:manage',
  summary: 'Find out whether a provider answers',
  params,
  answer: z.object({ isGood: z.boolean(), problem: z.string().optional() }).meta({ id: 'ProviderCheck' }),
} as const satisfies ContractRow;

function isIssuer(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if (username !== '' || password !== '' || search !== '' || hash !== '') return false;
  return protocol === 'https:' || isThisMachine(hostname);
}

/** Whether the name in an address is this machine's alone. */
export function isThisMachine(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
