import { decide, isPermission } from '@gantry/access';
import { Failure } from '@gantry/base';
import { type AccessGrant, AccessRequest, type approveAccessRequest, type createAccessRequest } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import { HostDirectory } from '../hosts/host-directory.ts';
import type { InputOf } from '../http/contract-row.ts';
import type { Principal } from '../sessions/principal.ts';
import { AccessRequestsStore, missing, type StoredRequest } from './access-requests.store.ts';
import { GrantsService } from './grants.service.ts';
import { type NamedResource, readResource } from './read-resource.ts';
import { Resources } from './resources.ts';

/** What requests are about. */
@Injectable()
export class RequestedObjects {
  constructor(
    readonly hosts: HostDirectory,
    readonly resources: Resources,
  ) {}
}

/** People ask for what they lack; whoever holds `access:approve` on the object decides, and gives no more than they could give anyway. */
@Injectable()
export class AccessRequestsService {
  constructor(
    private readonly store: AccessRequestsStore,
    private readonly objects: RequestedObjects,
    private readonly grants: GrantsService,
  ) {}

  /** `not-found` for a host that the caller does not see, `conflict` for what they have or ask for already, `exhausted` beyond the limits. */
  async add({ permission, resource, reason, hours }: InputOf<typeof createAccessRequest>['body'], by: Principal): Promise<AccessRequest> {
    const { text, hostId, resource: object } = readResource(resource, by.rights, this.objects);
    if (decide(by.rights, permission, object)) throw new Failure('conflict', `${by.name} has ${permission} there already`);
    const wanted = { userId: by.userId, permission, resource: text, hostId: hostId ?? null, reason, hours: hours ?? null };
    return describe(await this.store.add(wanted));
  }

  async list(by: Principal): Promise<AccessRequest[]> {
    return (await this.store.listOpen()).filter((stored) => this.#decides(by, stored)).flatMap(readable);
  }

  async listOwn({ userId }: Principal): Promise<AccessRequest[]> {
    return (await this.store.listOf(userId)).flatMap(readable);
  }

  async withdraw(id: string, { userId, name }: Principal): Promise<void> {
    if ((await this.store.find(id)).user.id !== userId) missing(id);
    await this.store.decide(id, { state: 'withdrawn', by: name });
  }

  /** The grant and the end of the request are one change, decided in its turn: nobody approves what somebody else has just declined. */
  async approve(id: string, wish: InputOf<typeof approveAccessRequest>['body'], by: Principal): Promise<AccessGrant> {
    const stored = await this.#load(id, by);
    return this.grants.add({ subject: { kind: 'user', id: stored.user.id }, ...wish }, by, async (transaction) => {
      if (!this.#decides(by, stored)) missing(id);
      await this.store.decide(id, { state: 'approved', by: by.name }, transaction);
    });
  }

  async decline(id: string, reason: string, by: Principal): Promise<AccessRequest> {
    await this.#load(id, by);
    await this.store.decide(id, { state: 'declined', by: by.name, answer: reason });
    return describe(await this.store.find(id));
  }

  /** `not-found` where it is not the caller's to decide. */
  async #load(id: string, by: Principal): Promise<StoredRequest> {
    const stored = await this.store.find(id);
    return this.#decides(by, stored) ? stored : missing(id);
  }

  /** Nobody decides what they ask for themselves. */
  #decides({ userId, rights }: Principal, { user, resource }: StoredRequest): boolean {
    if (user.id === userId) return false;
    const object = this.#read(resource, { rights });
    return object !== undefined && decide(rights, 'access:approve', object.resource);
  }

  #read(text: string, { rights }: Pick<Principal, 'rights'>): NamedResource | undefined {
    try {
      return readResource(text, rights, this.objects);
    } catch {
      return undefined; // the host is gone, or out of sight of whoever looks
    }
  }
}

/** A request for a permission that a later version knows is not there. */
function readable(stored: StoredRequest): AccessRequest[] {
  return isPermission(stored.permission) ? [describe(stored)] : [];
}

function describe({ permission, state, hours, decidedAt, decidedBy, answer, createdAt, ...stored }: StoredRequest): AccessRequest {
  const { id, user, resource, reason } = stored;
  return AccessRequest.parse({
    ...{ id, user, permission, resource, reason, state, createdAt: createdAt.toISOString() },
    ...(hours === null ? {} : { hours }),
    ...(decidedAt ? { decidedAt: decidedAt.toISOString() } : {}),
    ...(decidedBy === null ? {} : { decidedBy }),
    ...(answer === null ? {} : { answer }),
  });
}
