import { Failure } from '@gantry/base';
import type { Kernel } from '@gantry/linux';
import { FirewallRules, type FirewallState, type LinkTarget, type PortTarget } from './firewall-rules.ts';
import { RulesetText } from './ruleset-text.ts';

type Bridge = FirewallState['bridges'][number];

/** Applies the rules of one engine and keeps them alive beside others' (an installed Docker, an administrator's flush). */
export class Firewall {
  readonly #kernel: Kernel;
  readonly #rules: FirewallRules;
  /**
   * What the kernel has been told. It is changed in the same breath as the kernel is asked, and the kernel does what it is asked in that order: what a
   * listing shows is compared with what stood here when it was asked for.
   */
  readonly #bridges = new Map<string, Bridge>();
  readonly #ports = new Map<string, PortTarget>();
  readonly #links = new Map<string, LinkTarget>();
  /** How our chains look, as nftables prints them after we have made them. */
  #chains: string | undefined;
  /** The number of the ruleset that was found right. */
  #rightGeneration: number | undefined;

  constructor(kernel: Kernel, instance: string) {
    this.#kernel = kernel;
    this.#rules = new FirewallRules(instance);
  }

  /** Makes the rules of a state, in one transaction: established flows do not notice. */
  async open(state: FirewallState): Promise<void> {
    for (const bridge of state.bridges) this.#bridges.set(bridge.link, bridge);
    for (const target of state.ports) this.#ports.set(portKey(target), target);
    for (const link of state.links ?? []) this.#links.set(linkKey(link), link);
    await this.#rebuild();
    await this.#passBeside([...this.#bridges.keys()]);
  }

  /** Rebuilds where rules are gone or others than ours, or where others have come to drop what we forward; answers whether it had to. */
  async repair(): Promise<boolean> {
    const generation = await this.#kernel.rulesetGeneration();
    const isUnchanged = generation !== undefined && generation === this.#rightGeneration;
    if (isUnchanged && !(await this.#kernel.hasLegacyIptables())) return false;
    const isRight = isUnchanged || (await this.#isRight());
    if (!isRight) await this.#rebuild();
    const hasPassed = await this.#passBeside([...this.#bridges.keys()]);
    this.#rightGeneration = isRight && !hasPassed ? generation : undefined;
    return !isRight || hasPassed;
  }

  async addBridge(bridge: Bridge): Promise<void> {
    this.#bridges.set(bridge.link, bridge);
    await this.#orRebuild(this.#rules.add({ bridges: [bridge] }));
    await this.#passBeside([bridge.link]);
  }

  async removeBridge(bridge: Bridge): Promise<void> {
    this.#bridges.delete(bridge.link);
    await this.#orRebuild(this.#rules.delete({ bridges: [bridge] }));
    await this.#kernel.forgetForwarding([bridge.link]);
  }

  async addPorts(ports: readonly PortTarget[]): Promise<void> {
    for (const target of ports) this.#ports.set(portKey(target), target);
    await this.#change(ports, this.#rules.add({ ports }));
  }

  async removePorts(ports: readonly PortTarget[]): Promise<void> {
    for (const target of ports) this.#ports.delete(portKey(target));
    await this.#change(ports, this.#rules.delete({ ports }));
  }

  /** Opens ways between neighbours; those that are open stay. */
  async addLinks(links: readonly LinkTarget[]): Promise<void> {
    const closed = links.filter((link) => !this.#links.has(linkKey(link)));
    for (const link of closed) this.#links.set(linkKey(link), link);
    const fresh = [...new Map(closed.map((link) => [linkKey(link), link])).values()];
    if (fresh.length > 0) await this.#orRebuild(this.#rules.add({ links: fresh }));
  }

  async removeLinks(links: readonly LinkTarget[]): Promise<void> {
    const gone = links.filter((link) => this.#links.delete(linkKey(link)));
    if (gone.length > 0) await this.#orRebuild(this.#rules.delete({ links: gone }));
  }

  /** Closes all ways from and to addresses. */
  async removeLinksOf(addresses: readonly string[]): Promise<void> {
    await this.removeLinks([...this.#links.values()].filter(({ from, to }) => addresses.includes(from) || addresses.includes(to)));
  }

  /** Removes everything of this engine. */
  async remove(): Promise<void> {
    await this.#kernel.runNft(this.#rules.remove());
    await this.#kernel.forgetForwarding([...this.#bridges.keys()]);
  }

  async #change(ports: readonly PortTarget[], commands: string): Promise<void> {
    if (ports.length === 0) return;
    await this.#orRebuild(commands);
    const udpPorts = ports.filter(({ port }) => port.protocol === 'udp').map(({ port }) => port.hostPort);
    if (udpPorts.length > 0) await this.#kernel.forgetFlows(udpPorts);
  }

  get #state(): FirewallState {
    return { bridges: [...this.#bridges.values()], ports: [...this.#ports.values()], links: [...this.#links.values()] };
  }

  async #rebuild(): Promise<void> {
    this.#rightGeneration = undefined;
    await this.#kernel.runNft(this.#rules.replace(this.#state));
    this.#chains = (await this.#list())?.chains;
  }

  async #isRight(): Promise<boolean> {
    const wanted = this.#rules.elements(this.#state);
    const text = await this.#list();
    return text !== undefined && text.hasElements(wanted) && text.chains === this.#chains;
  }

  /** Undefined: a table is gone. */
  async #list(): Promise<RulesetText | undefined> {
    try {
      // One by one: of several in one transaction libnftables 1.0.6 finds the last only.
      const tables = await Promise.all(this.#rules.tables.map((table) => this.#kernel.runNft(`list table ${table}`)));
      return new RulesetText(tables.join(''));
    } catch (thrown) {
      if (Failure.from(thrown).code === 'not-found') return undefined;
      throw thrown;
    }
  }

  /** Somebody flushed our tables, or an element is there that should not be: the state knows better than the difference. */
  async #orRebuild(commands: string): Promise<void> {
    try {
      await this.#kernel.runNft(commands);
    } catch (thrown) {
      const { code } = Failure.from(thrown);
      if (code !== 'not-found' && code !== 'conflict') throw thrown;
      await this.#rebuild();
    }
  }

  #passBeside(links: readonly string[]): Promise<boolean> {
    return this.#kernel.allowForwarding(links);
  }
}

const linkKey = ({ from, to, protocol, port }: LinkTarget): string => `${from} ${to} ${protocol} ${port}`;

const portKey = ({ port, address }: PortTarget): string =>
  `${address.includes(':') ? 6 : 4} ${port.address} ${port.protocol} ${port.hostPort}`;
