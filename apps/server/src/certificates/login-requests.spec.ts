import 'reflect-metadata';
import { Failure } from '@gantry/base';
import { closedAfterEach } from '@gantry/base/testing';
import type { NewCertificate } from '@gantry/contract';
import { AuditService } from '../audit/audit.service.ts';
import { HostsService } from '../hosts/hosts.service.ts';
import type { Principal } from '../sessions/principal.ts';
import { SessionsService } from '../sessions/sessions.service.ts';
import { CertificatesService } from './certificates.service.ts';
import { LoginChecks, LoginGifts, LoginRequestsService } from './login-requests.service.ts';
import { WaitingLogins } from './waiting-logins.ts';

const opened = closedAfterEach();
const ada: Principal = {
  sessionId: 's',
  userId: 'ada',
  name: 'ada',
  rights: { grants: [] },
  hasSecondFactor: true,
  endsAt: new Date(),
};
const certificate: NewCertificate = {
  id: 'c',
  certificate: 'pem',
  authority: 'pem',
  enginePort: 1,
  expiresAt: new Date().toISOString(),
};

/** A machine that waits; `make` and `note` happen while it is approved. */
function openRequests({ make = (): unknown => undefined, note = (): Promise<void> => Promise.resolve() }) {
  const revoked: string[] = [];
  const sessions = Object.assign(Object.create(SessionsService.prototype) as SessionsService, {
    revoke: (id: string) => Promise.resolve(void revoked.push(id)),
  });
  const waiting = new WaitingLogins(sessions);
  opened.defer(() => waiting.onModuleDestroy());
  const certificates = Object.assign(Object.create(CertificatesService.prototype) as CertificatesService, {
    make: () => Promise.resolve(make()).then(() => certificate),
  });
  const hosts = Object.assign(Object.create(HostsService.prototype) as HostsService, { list: () => [] });
  const audit = Object.assign(Object.create(AuditService.prototype) as AuditService, { note });
  const requests = new LoginRequestsService(waiting, new LoginGifts(certificates, hosts), new LoginChecks(audit));
  const { id, code, secret } = waiting.add({
    request: 'a key',
    name: 'laptop',
    address: '192.0.2.1',
  });
  return { revoked, waiting, requests, secret, named: { id, code } };
}

test('an approval that cannot be written down leaves no certificate, and the machine waits on', async () => {
  let isFull = true;
  const note = (): Promise<void> => (isFull ? Promise.reject(new Failure('unavailable', 'the disk is full')) : Promise.resolve());
  const { revoked, requests, secret, named } = openRequests({ note });

  await expect(requests.approve(ada, named)).rejects.toMatchObject({
    code: 'unavailable',
  });
  expect([revoked, requests.collect(named.id, secret)]).toEqual([['c'], { state: 'waiting' }]);
  isFull = false;
  await requests.approve(ada, named);
  expect([revoked, requests.collect(named.id, secret)]).toMatchObject([['c'], { state: 'approved', who: 'ada' }]);
});

test.each(['make', 'note'] as const)('an approval whose request ends meanwhile leaves no certificate (%s)', async (step) => {
  // All that waits is gone, as after the ten minutes.
  const end = (): void => tried.waiting.onModuleDestroy();
  const tried = openRequests({ [step]: () => Promise.resolve(end()) });

  await expect(tried.requests.approve(ada, tried.named)).rejects.toMatchObject({ code: 'not-found' });
  expect(tried.revoked).toEqual(['c']);
});

test('while somebody approves it nobody else answers, and what was answered is answered once: no second certificate, no change of mind', async () => {
  const ben: Principal = { ...ada, sessionId: 't', userId: 'ben', name: 'ben' };
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let made = 0;
  const { revoked, requests, secret, named } = openRequests({ make: () => (made++, promise) });
  const none = { code: 'not-found' };

  const approving = requests.approve(ada, named);
  await expect(requests.approve(ben, named)).rejects.toMatchObject(none);
  await expect(requests.refuse(ben, named)).rejects.toMatchObject(none);
  expect(() => requests.find(ben, named.code)).toThrow(expect.objectContaining(none) as Error);
  resolve(undefined);
  await approving;
  for (const again of [requests.approve(ben, named), requests.refuse(ben, named)]) await expect(again).rejects.toMatchObject(none);
  expect([made, revoked, requests.collect(named.id, secret)]).toMatchObject([1, [], { state: 'approved', who: 'ada' }]);
});

test('what was refused stays so: nobody approves it afterwards, and its code is of none', async () => {
  const { requests, secret, named } = openRequests({});
  await requests.refuse(ada, named);
  await expect(requests.approve(ada, named)).rejects.toMatchObject({ code: 'not-found' });
  expect(() => requests.find(ada, named.code)).toThrow(expect.objectContaining({ code: 'not-found' }) as Error);
  expect(requests.collect(named.id, secret)).toEqual({ state: 'refused' });
});

test('an id with the code of another machine, and an outcome with the secret of another, are of none', async () => {
  const { waiting, requests, secret, named } = openRequests({});
  const other = waiting.add({ request: 'another key', name: 'other', address: '192.0.2.2' });
  const swapped = { id: named.id, code: other.code };
  await expect(requests.approve(ada, swapped)).rejects.toMatchObject({ code: 'not-found' });
  await expect(requests.refuse(ada, swapped)).rejects.toMatchObject({ code: 'not-found' });
  expect(() => requests.collect(named.id, other.secret)).toThrow(expect.objectContaining({ code: 'not-found' }) as Error);
  expect([requests.collect(named.id, secret), requests.collect(other.id, other.secret)]).toEqual([
    { state: 'waiting' },
    { state: 'waiting' },
  ]);
});
