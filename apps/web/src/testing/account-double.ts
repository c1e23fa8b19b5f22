import type {
  ApiToken,
  IdentityProvider,
  Installation,
  LoginRequest,
  NewApiToken,
  NewTotp,
  NewUser,
  OwnIdentity,
  OwnSession,
  Passkey,
  PasswordLink,
  SecondFactors,
  SignInPolicy,
  User,
} from '@gantry/contract';

const id = (number: number): string => `20000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const hoursAgo = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString();
const later = new Date(Date.now() + 60 * 24 * 3_600_000).toISOString();
const link: PasswordLink = { path: '/invite#Zq3v8pK1xW9sT4uYbN7mC2dF6gH0jL5aQrEiOtUyPn8', expiresAt: later };

const sessions: OwnSession[] = [
  ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', '10.4.0.17'],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1 Version/18.5 Mobile/15E Safari/604.1',
    '2001:db8::8a2e:370:7334',
  ],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/138.0 Safari/537.36 Edg/138.0', '198.51.100.7'],
  ['docker of lin on lin-laptop', '10.4.0.17'],
].map(([userAgent = '', address = ''], index) => ({
  kind: userAgent.startsWith('docker') ? ('certificate' as const) : ('browser' as const),
  endsAt: new Date(Date.now() + 9 * 3_600_000).toISOString(),
  ...{ id: id(index), createdAt: hoursAgo(9), seenAt: hoursAgo(index * 3), isCurrent: index === 0 },
  ...{ userAgent, address },
}));

const tokens: ApiToken[] = ['ci deploy', 'grafana'].map((name, index) => ({
  ...{ id: id(10 + index), name, prefix: `gantry_k7Qx9v4${index}`, owner: { id: id(20), name: 'lin.wei' } },
  ...{ permissions: ['container:list', 'container:view', 'host:view'], createdAt: hoursAgo(900), expiresAt: index ? hoursAgo(30) : later },
  ...(index ? {} : { lastUsedAt: hoursAgo(1), lastAddress: '10.4.0.60' }),
}));

const passkeys: Passkey[] = [{ id: id(40), name: 'Firefox · Linux', createdAt: hoursAgo(800), lastUsedAt: hoursAgo(26) }];

const users: User[] = (
  [
    ['lin.wei', 'person', 'owner', 'active', true],
    ['ana.horvat', 'person', 'host-admin', 'active', true],
    ['jonas', 'person', 'deployer', 'invited', false],
    ['old.colleague', 'person', 'operator', 'disabled', false],
    ['ci', 'service', 'deployer', 'active', false],
  ] as const
).map(([name, kind, role, state, hasSecondFactor], index) => ({
  ...{ id: index ? id(30 + index) : '00000000-0000-4000-8000-000000000001', name, kind, role, state, hasSecondFactor },
  ...{ createdAt: hoursAgo(2000), ...(state === 'active' && kind === 'person' ? { lastLoginAt: hoursAgo(index * 30) } : {}) },
}));

const factors: SecondFactors = { hasTotp: true, passkeys: 1, recoveryCodesLeft: 8, isRequired: true, hasPassword: true };
const totp: NewTotp = {
  secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
  uri: 'otpauth://totp/Gantry:lin.wei?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Gantry&algorithm=SHA1&digits=6&period=30',
};

const provider: IdentityProvider = {
  ...{ key: 'corp', name: 'Corp', issuer: 'https://sso.corp.example/realms/main', clientId: 'gantry', hasClientSecret: true, people: 12 },
  ...{ scopes: ['profile', 'email', 'groups'], groupsClaim: 'groups', emailDomains: ['corp.example'], secondFactor: 'amr' },
  ...{ createsPeople: true, linksByEmail: false, isEnabled: true, createdAt: hoursAgo(500) },
  returnAddress: 'https://gantry.corp.example/api/session/providers/corp/callback',
  mappings: [
    { group: 'platform', gives: { kind: 'role', role: 'operator', addOns: [], scope: { kind: 'global' } } },
    { group: 'web', gives: { kind: 'team', team: id(60) } },
    { group: 'edge', gives: { kind: 'role', role: 'viewer', addOns: [], scope: { kind: 'labels', selector: 'tier=edge' } } },
  ],
};
const identity: OwnIdentity = {
  ...{ id: id(50), issuer: provider.issuer, provider: 'Corp', email: 'lin.wei@corp.example' },
  ...{ createdAt: hoursAgo(700), lastUsedAt: hoursAgo(5) },
};

/** What the account and people pages ask for. */
export const accountAnswers: Readonly<Record<string, unknown>> = {
  'GET /api/me/second-factors': factors,
  'POST /api/me/totp': totp,
  'PUT /api/me/totp': { codes: Array.from({ length: 10 }, (_, index) => `K7QX-9VFQ-E9CM-P2R${index}`) },
  'GET /api/installation': {
    ...{ id: id(50), version: '0.1.0', createdAt: hoursAgo(2000), url: '', enginePort: 7444 },
    fingerprint: '9f2c41d07be8a35510c6de93b4f8217a6630ee1c5d948b07f1a2c3d4e5f60718',
  } satisfies Installation,
  'GET /api/me/sessions': sessions,
  'GET /api/me/tokens': tokens,
  'POST /api/me/tokens': {
    token: 'gantry_k7Qx9v40Zq3v8pK1xW9sT4uYbN7mC2dF6gH0jL5aQrE',
    described: tokens[0] as ApiToken,
  } satisfies NewApiToken,
  'GET /api/tokens': tokens,
  'GET /api/me/passkeys': passkeys,
  'GET /api/me/identities': [identity],
  'GET /api/settings/identity-providers': [provider],
  'GET /api/users': users,
  'POST /api/users': { user: users[2] as User, link } satisfies NewUser,
  'GET /api/settings/sign-in': { secondFactorRoles: ['owner', 'admin'] } satisfies SignInPolicy,
  'POST /api/login-requests/search': {
    ...{ id: id(70), code: 'BCDF-GHJK', name: 'lin on a machine with a rather long name of its own.corp.example' },
    ...{ address: '2001:db8::8a2e:370:7334', createdAt: hoursAgo(0), expiresAt: later },
  } satisfies LoginRequest,
  'POST /api/password-links/describe': { name: 'jonas', expiresAt: later },
};
