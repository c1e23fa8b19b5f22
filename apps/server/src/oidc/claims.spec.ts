import { type Arrival, emailOf, groupsOf, nameFor, provenAt, showsTwoFactors } from './claims.ts';

const arrival = (idToken: object, userInfo: object = {}): Arrival => ({
  ...{ issuer: 'https://sso.example', subject: 's' },
  ...{ idToken: { ...idToken }, userInfo: { ...userInfo } },
});

test('groups are found by the very name of the claim, then where its dots lead', () => {
  expect([...groupsOf(arrival({ 'a.b': ['x'], a: { b: ['y'] } }), 'a.b')]).toEqual(['x']);
  expect([...groupsOf(arrival({}, { realm_access: { roles: ['x', 'x', 7, ''] } }), 'realm_access.roles')]).toEqual(['x']);
  expect([...groupsOf(arrival({ groups: 'one' }), 'groups')]).toEqual(['one']);
  for (const strange of [undefined, null, {}, 5, { groups: { a: 1 } }])
    expect(groupsOf(arrival({ groups: strange }), 'groups').size).toBe(0);
  expect(groupsOf(arrival({}), '__proto__').size).toBe(0);
  expect(groupsOf(arrival({ groups: Array.from({ length: 5_000 }, (_, index) => `g${index}`) }), 'groups').size).toBe(1_000);
});

test('an address counts as verified only where the one who names it says true', () => {
  expect(emailOf(arrival({ email: 'A@b.org', email_verified: true }))).toEqual({ address: 'a@b.org', isVerified: true });
  expect(emailOf(arrival({ email: 'a@b.org' }, { email: 'c@d.org', email_verified: true }))).toEqual({
    address: 'a@b.org',
    isVerified: false,
  });
  for (const claim of ['true', 1, false, undefined])
    expect(emailOf(arrival({ email: 'a@b.org', email_verified: claim })).isVerified).toBe(false);
  for (const email of ['a@b@c', 'a b@c', '', 7, ['a@b.org']])
    expect(emailOf(arrival({ email, email_verified: true })).address).toBeUndefined();
});

test('two factors are those that the token names', () => {
  for (const amr of [['mfa'], ['pwd', 'otp'], ['pin', 'hwk', 'user']])
    expect([amr, showsTwoFactors(arrival({ amr }))]).toEqual([amr, true]);
  for (const amr of [['pwd'], ['otp'], ['otp', 'sms'], [], 'mfa', undefined, [['mfa']]])
    expect([amr, showsTwoFactors(arrival({ amr }))]).toEqual([amr, false]);
});

test('a proof is as old as the token says, whatever the clock of the provider, never to come, and never was where it does not say', () => {
  const now = 1_700_000_000_000;
  const at = (claims: object): number => provenAt(arrival(claims), now).getTime();
  for (const iat of [1_700_000_000, 1_600_000_000, 1_800_000_000])
    expect([at({ iat, auth_time: iat - 60 }), at({ iat, auth_time: iat }), at({ iat, auth_time: iat + 60 })]).toEqual([
      now - 60_000,
      now,
      now,
    ]);
  for (const strange of [undefined, null, '1700000000', NaN, Infinity, {}, [1_700_000_000]])
    expect([strange, at({ iat: 1_700_000_000, auth_time: strange }), at({ iat: strange, auth_time: 1_700_000_000 })]).toEqual([
      strange,
      0,
      0,
    ]);
});

test('a name is what the provider calls the person, in letters that names here have', () => {
  expect(nameFor(arrival({ preferred_username: ' Lin Wei ' }), 'corp')).toBe('lin-wei');
  expect(nameFor(arrival({ preferred_username: 'a@b.org', email: 'a@b.org', email_verified: true }), 'corp')).toBe('a@b.org');
  expect(nameFor(arrival({ email: 'a@b.org', email_verified: true }), 'corp')).toBe('a@b.org');
  for (const claims of [{}, { preferred_username: '--' }, { preferred_username: 'a@b.org' }, { email: 'a@b.org' }])
    expect(nameFor(arrival(claims), 'corp')).toMatch(/^corp-[0-9a-f]{12}$/);
});
