import { Failure } from '@gantry/base';
import type { JoinCode, NewJoinCode } from '@gantry/contract';
import { type Enrolled, type Enrolment, formatJoinCode, hashSecret, makeJoinCode } from '@gantry/link';
import { Inject, Injectable } from '@nestjs/common';
import { GivingService } from '../access/giving.service.ts';
import { promisedGrants } from '../oidc/promised-grants.ts';
import type { Principal } from '../sessions/principal.ts';
import { Settings } from '../settings/settings.ts';
import { HostDirectory } from './host-directory.ts';
import { JoinCodesStore, type StoredCode } from './join-codes.store.ts';

export interface WantedCode {
  readonly uses: number;
  readonly expiresInMinutes: number;
  readonly needsApproval: boolean;
  readonly labels: Record<string, string>;
}

@Injectable()
export class JoinCodesService {
  @Inject(GivingService)
  private readonly giving!: GivingService;

  constructor(
    private readonly settings: Settings,
    private readonly store: JoinCodesStore,
    private readonly directory: HostDirectory,
  ) {}

  async list(): Promise<JoinCode[]> {
    return (await this.store.list()).map(describe);
  }

  /**
   * The code with its secret, which is nowhere else. `origin` is where the asking browser found this server. `forbidden` where grants by labels would reach the
   * hosts that join with it, and the caller could not give their holders that.
   */
  async create(wanted: WantedCode, origin: string, by: Pick<Principal, 'rights'>): Promise<NewJoinCode> {
    const { code, stored } = await this.giving.rights.change(async (transaction) => {
      const host = { id: '', labels: {} };
      this.giving.refuseIntoLabels(by, { host, labels: wanted.labels }, await promisedGrants(transaction));
      return this.make(wanted, false);
    });
    const url = this.settings.config.url ?? origin;
    return { ...describe(stored), code, url, command: `gantry join --url ${url}` };
  }

  async make(
    { uses, expiresInMinutes, needsApproval, labels }: WantedCode,
    isLocal: boolean,
  ): Promise<{ code: string; stored: StoredCode }> {
    const code = makeJoinCode(this.settings.keys.identity.fingerprint);
    const expiresAt = new Date(Date.now() + expiresInMinutes * 60_000);
    const secretHash = hashSecret(code.secret);
    const stored = await this.store.add({ id: code.id, secretHash, usesLeft: uses, expiresAt, needsApproval, labels, isLocal });
    return { code: formatJoinCode(code), stored };
  }

  /** Hosts that joined with it stay. */
  async revoke(id: string): Promise<void> {
    if (!(await this.store.remove(id))) throw new Failure('not-found', `no such join code: ${id}`);
  }

  async redeem(enrolment: Enrolment): Promise<Enrolled> {
    const { host, isNew } = await this.store.redeem(enrolment);
    if (isNew) this.directory.added(host);
    return { agentId: host.id, state: host.status === 'active' ? 'active' : 'pending' };
  }
}

function describe({ id, usesLeft, expiresAt, createdAt, needsApproval, hosts }: StoredCode): JoinCode {
  const dates = { expiresAt: expiresAt.toISOString(), createdAt: createdAt.toISOString() };
  return { id, usesLeft, ...dates, needsApproval, hosts: hosts.map((host) => host.id) };
}
