import type { DatabaseToRead } from '../database/open-database-to-read.ts';
import { Fleet } from '../fleet/fleet.ts';
import { FleetStore } from '../fleet/fleet.store.ts';
import { HostDirectory } from '../hosts/host-directory.ts';
import { HostsStore } from '../hosts/hosts.store.ts';
import { ExplainService, ExplainSources } from './explain.service.ts';
import { GivingService } from './giving.service.ts';
import { GrantsStore } from './grants.store.ts';
import { HostGroupsStore } from './host-groups.store.ts';
import { Resources } from './resources.ts';
import { RightsService } from './rights.service.ts';

/** What decides who may do what, as the database says now. */
export interface AccessAsStored extends Disposable {
  readonly grants: GrantsStore;
  readonly rights: RightsService;
  readonly hosts: HostDirectory;
  readonly fleet: Fleet;
  readonly resources: Resources;
  readonly explaining: ExplainService;
  /** Names of the groups of hosts by their ids. */
  readonly groups: ReadonlyMap<string, string>;
}

/** The server's own services over a database that may be open for reading alone, without the server: nothing listens and nothing is written. */
export async function readAccess(database: DatabaseToRead): Promise<AccessAsStored> {
  const grants = new GrantsStore(database);
  const hosts = new HostDirectory(new HostsStore(database));
  const fleet = new Fleet(hosts, new FleetStore(database));
  const rights = new RightsService(grants);
  const resources = new Resources(hosts, fleet);
  const sources = new ExplainSources(grants, hosts, new GivingService(hosts, rights));
  await hosts.onModuleInit();
  await fleet.onModuleInit();
  const groups = new Map((await new HostGroupsStore(database).list()).map(({ id, name }) => [id, name]));
  await rights.onModuleInit(); // the last: it waits for the next grant that ends
  const explaining = new ExplainService(sources, rights, resources);
  return { grants, rights, hosts, fleet, resources, explaining, groups, [Symbol.dispose]: () => rights.onModuleDestroy() };
}
