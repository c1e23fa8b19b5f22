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
function openRequests({ make = (): void => undefined, note = (): Promise<void> => Promise.resolve() }) {
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
