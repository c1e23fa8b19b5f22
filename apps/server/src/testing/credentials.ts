import type { RequestOptions } from 'node:https';
import { permissions } from '@gantry/access';
import {
  createGrant,
  createServiceToken,
  createUser,
  endOtherSessions,
  endOwnSession,
  type GrantScope,
  logout,
  NewApiToken,
  NewUser,
  revokeToken,
  updateUser,
} from '@gantry/contract';
import { issueClientCertificate } from '../tls/client-certificate.ts';
import { makeAuthority } from '../tls/authority.ts';
import { TestBrowser } from './browser.ts';
import { makeCertificateRequest, TestCertificate } from './client-certificate.ts';
import { openDatabaseOf } from './database.ts';
import { addPerson } from './people.ts';
import type { TestServer } from './start-test-server.ts';

/** A program that shows a credential of its own making: no cookie, no origin. */
export class TestProgram extends TestBrowser {
  readonly #own: Readonly<Record<string, string>>;

  constructor(url: string, headers: Readonly<Record<string, string>>) {
    super(url);
    this.#own = headers;
  }

  static withToken(url: string, token: string): TestProgram {
    return new TestProgram(url, { authorization: `Bearer ${token}` });
  }

  override get headers(): Record<string, string> {
    return { ...this.#own };
  }
}

/** A service with one grant (or none) and a token that may whatever the service may: how somebody comes in who has no browser. */
export async function addService(
  owner: TestBrowser,
  name: string,
  grant?: { readonly role: string; readonly scope: GrantScope },
): Promise<{ readonly id: string; readonly token: string; readonly tokenId: string }> {
  const { user } = NewUser.parse((await owner.call(createUser, { body: { name, kind: 'service' } })).body);
  if (grant) {
    const { status, body } = await owner.call(createGrant, { body: { subject: { kind: 'service', id: user.id }, ...grant } });
    if (status !== 201) throw new Error(`the grant answered ${status}: ${JSON.stringify(body)}`);
  }
  const made = await owner.call(createServiceToken, {
    params: { userId: user.id },
    body: { name: 'all', permissions: [...permissions], expiresInDays: 1 },
  });
  const { token, described } = NewApiToken.parse(made.body);
  return { id: user.id, token, tokenId: described.id };
}

/**
 * Every way to come with a credential that is good for nothing, each made of one that was good and belonged to an owner. What a row says to a stranger it
 * says to all of these.
 */
export async function worthlessCredentials(server: TestServer, owner: TestBrowser): Promise<Readonly<Record<string, TestBrowser>>> {
  const global = { role: 'owner', scope: { kind: 'global' } } as const;
  const service = (name: string): ReturnType<typeof addService> => addService(owner, name, global);
  const [good, revoked, expired, disabled] = [
    await service('worthless-good'),
    await service('worthless-revoked'),
    await service('worthless-expired'),
    await service('worthless-disabled'),
  ];
  const program = (token: string): TestBrowser => TestProgram.withToken(server.url, token);
  await owner.call(revokeToken, { params: { tokenId: revoked.tokenId } });
  await owner.call(updateUser, { params: { userId: disabled.id }, body: { isDisabled: true } });
  const [left, late] = [await addPerson(owner, 'worthless-left', 'owner'), await addPerson(owner, 'worthless-late', 'owner')];
  const browsers = [left, late].map((person) => withCookie(server.url, person.cookie));
  await left.call(logout);
  {
    await using database = await openDatabaseOf(server);
    const past = new Date(Date.now() - 1);
    await database.prisma.apiToken.update({ where: { id: expired.tokenId }, data: { expiresAt: past } });
    await database.prisma.session.updateMany({ where: { user: { name: 'worthless-late' } }, data: { expiresAt: past } });
  }
  const basic = Buffer.from(`worthless-good:${good.token}`).toString('base64');
  return {
    none: new TestBrowser(server.url),
    'a cookie that was made up': withCookie(server.url, `gantry=${'x'.repeat(43)}`),
    'the cookie of a session that was ended': browsers[0] ?? none(),
    'the cookie of a session that expired': browsers[1] ?? none(),
    'a token in the place of a cookie': withCookie(server.url, `gantry=${good.token.slice('gantry_'.length)}`),
    'a token that was made up': program(`gantry_${'x'.repeat(43)}`),
    'a token that was revoked': program(revoked.token),
    'a token that expired': program(expired.token),
    'the token of a service that was disabled': program(disabled.token),
    'a token shown as a password': new TestProgram(server.url, { authorization: `Basic ${basic}` }),
    'a token without its scheme': new TestProgram(server.url, { authorization: good.token }),
  };
}

/**
 * The same for the port for client certificates: how to come there with one that is good for nothing, each made of one that was good and belonged to an
 * owner, and without one.
 */
export async function worthlessCertificates(server: TestServer, owner: TestBrowser): Promise<Readonly<Record<string, RequestOptions>>> {
  const certified = async (name: string): Promise<{ person: TestBrowser; certificate: TestCertificate }> => {
    const person = await addPerson(owner, name, 'owner');
    return { person, certificate: await TestCertificate.of(person) };
  };
  const byToken = async (name: string): Promise<{ id: string; tokenId: string; certificate: TestCertificate }> => {
    const { id, token, tokenId } = await addService(owner, name, { role: 'owner', scope: { kind: 'global' } });
    return { id, tokenId, certificate: await TestCertificate.of(TestProgram.withToken(server.url, token)) };
  };
  const [revoked, left, expired] = [
    await certified('certified-revoked'),
    await certified('certified-left'),
    await certified('certified-late'),
  ];
  const [withToken, ofService] = [await byToken('certified-token'), await byToken('certified-service')];
  await revoked.person.call(endOwnSession, { params: { sessionId: revoked.certificate.id } });
  await left.person.call(endOtherSessions);
  await owner.call(revokeToken, { params: { tokenId: withToken.tokenId } });
  await owner.call(updateUser, { params: { userId: ofService.id }, body: { isDisabled: true } });
  {
    await using database = await openDatabaseOf(server);
    await database.prisma.session.update({ where: { id: expired.certificate.id }, data: { expiresAt: new Date(Date.now() - 1) } });
  }
  const { host, port, ca } = revoked.certificate.tls;
  const plain = { host, port, ca };
  const { key, request } = await makeCertificateRequest();
  const wanted = { request, id: left.certificate.id, expiresAt: new Date(Date.now() + 3_600_000) };
  const { certificate: cert } = await issueClientCertificate(await makeAuthority('Gantry clients'), wanted);
  return {
    none: plain,
    'a certificate of another authority': { ...plain, cert, key },
    'a certificate that was revoked': revoked.certificate.tls,
    'a certificate that ended with all else': left.certificate.tls,
    'a certificate that expired': expired.certificate.tls,
    'a certificate of a token that was revoked': withToken.certificate.tls,
    'a certificate of a service that was disabled': ofService.certificate.tls,
  };
}

function withCookie(url: string, cookie: string | undefined): TestBrowser {
  const browser = new TestBrowser(url);
  browser.cookie = cookie;
  return browser;
}

function none(): never {
  throw new Error('no browser');
}
