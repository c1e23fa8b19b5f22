import { decide, type Rights } from '@gantry/access';
import { Failure } from '@gantry/base';
import type { HostGroup } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import { HostDirectory } from '../hosts/host-directory.ts';
import { promisedGrants } from '../oidc/promised-grants.ts';
import { groupRecordingDays } from '../recordings/group-recording-days.store.ts';
import type { Principal } from '../sessions/principal.ts';
import { Settings } from '../settings/settings.ts';
import type { AccessTransaction } from './given-grants.store.ts';
import { GivingService } from './giving.service.ts';
import { addGroup, HostGroupsStore, removeGroup, renameGroup, setInGroup, type StoredGroup } from './host-groups.store.ts';
import { hostResource } from './resources.ts';
import { RightsService } from './rights.service.ts';

/** What a change of groups changes besides. */
@Injectable()
export class HostGroupSurroundings {
  constructor(
    readonly hosts: HostDirectory,
    readonly rights: RightsService,
    readonly settings: Settings,
  ) {}
}

/** Hosts that are granted together. Who puts a host into a group gives it to all who have a grant of the group. */
@Injectable()
export class HostGroupsService {
  constructor(
    private readonly store: HostGroupsStore,
    private readonly giving: GivingService,
    private readonly around: HostGroupSurroundings,
  ) {}

  async list({ rights }: Principal): Promise<HostGroup[]> {
    const all = (await this.store.list()).map((group) => this.#describe(group, rights));
    const isGranted = (id: string): boolean =>
      rights.grants.some(({ scope }) => scope.kind === 'global' || (scope.kind === 'group' && scope.group === id));
    return all.filter(({ id, hosts }) => hosts.length > 0 || isGranted(id));
  }

  async add(name: string, { rights }: Principal): Promise<HostGroup> {
    return this.#describe(await this.around.rights.change((transaction) => addGroup(transaction, name)), rights);
  }

  async rename(id: string, name: string, { rights }: Principal): Promise<HostGroup> {
    return this.#describe(await this.around.rights.change((transaction) => renameGroup(transaction, id, name)), rights);
  }

  /** The next sweep follows it. */
  async keepRecordings(id: string, days: number | null, { rights }: Principal): Promise<HostGroup> {
    return this.#describe(await this.store.keepRecordings(id, days), rights);
  }

  /** `forbidden` where recordings would be kept for a shorter time by it and the caller does not decide that. */
  async remove(id: string, by: Principal): Promise<void> {
    const hosts = await this.around.rights.change((transaction) =>
      this.#keepingRecordings(transaction, by, () => removeGroup(transaction, id)),
    );
    for (const host of hosts) this.#regroup(host, (groups) => groups.filter((group) => group !== id));
    this.around.rights.touched();
  }

  /**
   * `forbidden` where the caller does not manage the whole group, could not give its holders what they get, or shortens by it for how long recordings are
   * kept and does not decide that.
   */
  async put(member: { groupId: string; hostId: string }, isIn: boolean, by: Principal): Promise<HostGroup> {
    const { groupId, hostId } = member;
    const stored = await this.around.rights.change(async (transaction) => {
      if (!this.giving.holdsOver(by, 'grant:manage', { kind: 'group', group: groupId }))
        throw new Failure('not-found', `no such host group: ${groupId}`);
      if (isIn) this.giving.refuseIntoGroup(by, member, await promisedGrants(transaction));
      return this.#keepingRecordings(transaction, by, () => setInGroup(transaction, member, isIn));
    });
    this.#regroup(hostId, (groups) => [...groups.filter((group) => group !== groupId), ...(isIn ? [groupId] : [])]);
    this.around.rights.touched();
    return this.#describe(stored, by.rights);
  }

  /** Groups also say how long recorded terminals are kept: only who may set that makes it shorter for a host. What is refused is undone. */
  async #keepingRecordings<Done>(transaction: AccessTransaction, by: Principal, change: () => Promise<Done>): Promise<Done> {
    const before = await groupRecordingDays(transaction);
    const done = await change();
    const after = await groupRecordingDays(transaction);
    const usual = this.around.settings.config.recordingDays;
    const shortened = [...new Set([...before.keys(), ...after.keys()])].find(
      (host) => (after.get(host) ?? usual) < (before.get(host) ?? usual),
    );
    if (shortened !== undefined && !this.giving.holdsOver(by, 'system:settings', { kind: 'global' }))
      throw new Failure(
        'forbidden',
        `recordings of host ${shortened} would be kept ${after.get(shortened) ?? usual} days and not ${before.get(shortened) ?? usual}: that needs system:settings`,
      );
    return done;
  }

  #regroup(hostId: string, change: (groups: readonly string[]) => readonly string[]): void {
    const host = this.around.hosts.find(hostId);
    if (host) this.around.hosts.noteGroups(hostId, change(host.groups));
  }

  #describe({ id, name, hosts, createdAt, recordingDays }: StoredGroup, rights: Rights): HostGroup {
    const seen = hosts
      .map(({ hostId }) => hostId)
      .filter((hostId) => {
        const host = this.around.hosts.find(hostId);
        return host !== undefined && decide(rights, 'host:view', hostResource(host));
      });
    const keeping = recordingDays === null ? {} : { recordingDays };
    return { id, name, hosts: seen, createdAt: createdAt.toISOString(), ...keeping };
  }
}
