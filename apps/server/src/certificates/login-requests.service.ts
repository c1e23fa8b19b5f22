import { Failure } from '@gantry/base';
import type { BodyOf, createLoginRequest, LoginOutcome, LoginRequest, NewCertificate, NewLoginRequest } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.ts';
import { HostsService } from '../hosts/hosts.service.ts';
import type { Principal } from '../sessions/principal.ts';
import { checkCertificateRequest } from '../tls/client-certificate.ts';
import { addressBlock } from './address-block.ts';
import { Budget } from './budget.ts';
import { CertificatesService } from './certificates.service.ts';
import { type NamedLogin, type WaitingLogin, WaitingLogins } from './waiting-logins.ts';

const minuteMs = 60_000;

/** What a machine that is let in gets. */
@Injectable()
export class LoginGifts {
  constructor(
    readonly certificates: CertificatesService,
    readonly hosts: HostsService,
  ) {}
}

/** What slows strangers and guessing down, and what writes down who let whom in. */
@Injectable()
export class LoginChecks {
  /** Of a block of addresses: to read a key is work, also where it is refused. */
  readonly requests = new Budget(30, minuteMs / 3);
  /** Of a person: a code that is found is a try as any other, for anybody can find their own. */
  readonly codes = new Budget(10, 6 * minuteMs);

  constructor(readonly audit: AuditService) {}
}

/**
 * Machines that are let in by somebody who is signed in in a browser (as RFC 8628 has it for devices). What they get is a certificate of that person, for the key
 * that asked and no other.
 */
@Injectable()
export class LoginRequestsService {
  constructor(
    private readonly waiting: WaitingLogins,
    private readonly gifts: LoginGifts,
    private readonly checks: LoginChecks,
  ) {}

  /** `invalid` for a key that gets no certificate, `precondition` where nobody could use one, `exhausted` where too many wait or were tried. */
  async create({ request, name }: BodyOf<typeof createLoginRequest>, address: string): Promise<NewLoginRequest> {
    this.gifts.certificates.insistOnPort();
    // Before the work of reading its key.
    this.checks.requests.spend(addressBlock(address));
    this.waiting.refuseMore(address);
    await checkCertificateRequest(request);
    return this.waiting.add({ request, name, address });
  }

  /** `not-found` alike for one that is not there and for another secret. */
  collect(id: string, secret: string): LoginOutcome {
    return this.waiting.collect(id, secret);
  }

  /** The machine that a code is of. `not-found` where it is of none, `exhausted` after too many tries. */
  find({ userId }: Principal, typed: string): LoginRequest {
    this.checks.codes.spend(userId);
    const found = this.waiting.find(typed);
    if (!found) throw new Failure('not-found', 'no machine waits with this code: it may have expired');
    const { id, code, name, address, createdAt, expiresAt } = found;
    return { id, code, name, address, createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString() };
  }

  /** Makes a certificate of the approver's for the key that asked. `not-found` for what does not wait any more, also where that is so only by then. */
  async approve(principal: Principal, named: NamedLogin): Promise<void> {
    const waiting = this.waiting.open(named);
    const { request, name, address } = waiting;
    waiting.isApproving = true;
    try {
      const certificate = await this.gifts.certificates.make(principal, address, { request, name });
      await this.#give(principal, waiting, certificate);
    } finally {
      waiting.isApproving = false;
    }
  }

  /** A certificate that was not written down, or that its machine can fetch no more, is not left behind. */
  async #give(principal: Principal, waiting: WaitingLogin, certificate: NewCertificate): Promise<void> {
    try {
      this.waiting.insistOn(waiting);
      const hosts = this.gifts.hosts.list(principal).map(({ id, name, status }) => ({ id, name, status }));
      await this.#note(principal, waiting, { action: 'approveLoginRequest', certificate: certificate.id });
      this.waiting.insistOn(waiting);
      waiting.userId = principal.userId;
      waiting.outcome = { state: 'approved', who: principal.name, certificate, hosts };
    } catch (thrown) {
      await this.waiting.withdraw(certificate.id, principal.userId);
      throw thrown;
    }
  }

  async refuse(principal: Principal, named: NamedLogin): Promise<void> {
    const waiting = this.waiting.open(named);
    waiting.outcome = { state: 'refused' };
    await this.#note(principal, waiting, { action: 'refuseLoginRequest' });
  }

  /** Beside the row of the call: which machine it was, and what it got. */
  async #note(
    { name: who, userId }: Principal,
    { id: target, name: machine, address: askedFrom }: WaitingLogin,
    { action, ...more }: { action: string; certificate?: string },
  ): Promise<void> {
    await this.checks.audit.note({ who, userId, action, target, outcome: 'done', details: { machine, askedFrom, ...more } });
  }
}
