import { decide, type Grant, isLive, type Permission, type Resource, type Rights } from '@gantry/access';
import type { KnownHost } from '../hosts/host-directory.ts';
import { everythingOn, hostItself, stackStamp, thingOn } from './place.ts';
import { labelsIn } from './scope-labels.ts';
import { predefinedNetworks, type Thing } from './thing.ts';

const toSee: Readonly<Record<Exclude<Thing['kind'], 'image'>, readonly Permission[]>> = {
  container: ['container:view', 'container:list', 'container:inspect'],
  network: ['network:list'],
  volume: ['volume:list'],
};

/** What one caller may do with what is on one host. */
export class Sight {
  readonly host: KnownHost;
  readonly #rights: Rights;

  constructor(host: KnownHost, rights: Rights) {
    this.host = host;
    this.#rights = rights;
  }

  /** On an object, or without one on the host itself. */
  may(permission: Permission, thing?: Thing): boolean {
    const isShared = thing?.kind === 'network' && thing.name === 'bridge' && permission === 'network:connect' && this.sharesBridge;
    if (isShared) return this.maySomewhere(permission);
    return decide(this.#rights, permission, thing ? this.#resourceOf(thing) : hostItself(this.host));
  }

  /** On everything that is or will be on the host. A grant by labels never says that much: what has none of them, or others, is outside. */
  mayEverywhere(permission: Permission): boolean {
    return decide(this.#rights, permission, everythingOn(this.host));
  }

  /** On something that is or could be on the host. */
  maySomewhere(permission: Permission): boolean {
    return this.mayEverywhere(permission) || this.#places().some((place) => decide(this.#rights, permission, place));
  }

  /** Whether the object is there for the caller at all; `needs` is what they want to do with it. */
  sees(thing: Thing, needs?: Permission): boolean {
    if (needs !== undefined && this.may(needs, thing)) return true;
    if (thing.kind === 'network' && thing.name === 'bridge' && this.sharesBridge) return true;
    return thing.kind === 'image' ? this.seesImages : toSee[thing.kind].some((permission) => this.may(permission, thing));
  }

  /** Whether the host is there for the caller at all. */
  get seesHost(): boolean {
    return (
      this.may('host:view') ||
      (['container:list', 'network:list', 'volume:list', 'stack:view'] as const).some((one) => this.maySomewhere(one))
    );
  }

  /** All images of the host. */
  get seesImages(): boolean {
    return this.mayEverywhere('image:list') || this.mayEverywhere('image:use');
  }

  /** Nothing is hidden: answers need no filter. */
  get seesEverything(): boolean {
    return this.seesImages && Object.values(toSee).every((permissions) => permissions.some((one) => this.mayEverywhere(one)));
  }

  /** Whether people of all stacks of the host may share Docker's default bridge: who may change the host says so by a label of it. */
  get sharesBridge(): boolean {
    return this.host.labels['default-bridge'] === 'shared';
  }

  /** Grants of parts of the host that give the permission there. */
  partsWith(permission: Permission): readonly Grant[] {
    const now = new Date();
    const isPart = ({ scope }: Grant): boolean => scope.kind === 'labels' || (scope.kind === 'stack' && scope.host === this.host.id);
    return this.#rights.grants.filter((grant) => isPart(grant) && isLive(grant, now) && grant.permissions.has(permission));
  }

  #resourceOf({ kind, id, name, labels }: Thing): Resource {
    const isEverybodys = kind === 'image' || (kind === 'network' && predefinedNetworks.includes(name));
    return isEverybodys ? thingOn({ ...this.host, labels: {} }, { kind, id, labels: {} }) : thingOn(this.host, { kind, id, labels });
  }

  /** Something in each part of the host that a grant names, within each that a limit names; in some stack, where a grant names none. */
  #places(): readonly Resource[] {
    const { grants, within = [] } = this.#rights;
    const parts = [{}, ...within.map(({ scope }) => labelsIn(scope, this.host))].flatMap((limit) =>
      grants.map(({ scope }) => ({ [stackStamp]: 'any', ...limit, ...labelsIn(scope, this.host) })),
    );
    return parts.map((labels) => thingOn(this.host, { kind: 'container', id: '', labels }));
  }
}
