import { Failure } from '@gantry/base';
import type { Kernel } from '@gantry/linux';
import { FirewallRules, type FirewallState, type PortTarget } from './firewall-rules.ts';

/** Applies the rules of one engine and keeps them alive beside others' (an installed Docker, an administrator's flush). */
export class Firewall {
  readonly #kernel: Kernel;
  readonly #rules: FirewallRules;
  readonly #stateNow: () => FirewallState;

  /** `stateNow` tells what the rules should say, for rebuilding them whole. */
  constructor(kernel: Kernel, instance: string, stateNow: () => FirewallState) {
    this.#kernel = kernel;
    this.#rules = new FirewallRules(instance);
    this.#stateNow = stateNow;
  }

  /** Makes the rules anew, in one transaction: established flows do not notice. */
  async rebuild(): Promise<void> {
    const state = this.#stateNow();
    await this.#kernel.runNft(this.#rules.replace(state));
    await this.#passBeside(state.bridges.map(({ link }) => link));
  }

  /** Rebuilds where the rules are gone or others have come to drop what we forward; answers whether it had to. */
  async repair(): Promise<boolean> {
    try {
      await this.#kernel.runNft(`list chain ${this.#rules.nat.ip} pre`);
      await this.#kernel.runNft(`list chain ${this.#rules.filter} forw`);
    } catch (thrown) {
      if (Failure.from(thrown).code !== 'not-found') throw thrown;
      await this.rebuild();
      return true;
    }
    return this.#passBeside(this.#stateNow().bridges.map(({ link }) => link));
  }

  async addBridge(bridge: FirewallState['bridges'][number]): Promise<void> {
    await this.#orRebuild(this.#rules.addBridge(bridge));
    await this.#passBeside([bridge.link]);
  }

  async removeBridge(bridge: FirewallState['bridges'][number]): Promise<void> {
    await this.#orRebuild(this.#rules.removeBridge(bridge));
    await this.#kernel.forgetForwarding(bridge.link);
  }

  async addPorts(ports: readonly PortTarget[]): Promise<void> {
    await this.#change(ports, this.#rules.addPorts(ports));
  }

  async removePorts(ports: readonly PortTarget[]): Promise<void> {
    await this.#change(ports, this.#rules.removePorts(ports));
  }

  async #change(ports: readonly PortTarget[], commands: string): Promise<void> {
    if (ports.length === 0) return;
    await this.#orRebuild(commands);
    const udpPorts = ports.filter(({ port }) => port.protocol === 'udp').map(({ port }) => port.hostPort);
    if (udpPorts.length > 0) await this.#kernel.forgetFlows(udpPorts);
  }

  /** Removes everything of this engine. */
  async remove(): Promise<void> {
    await this.#kernel.runNft(this.#rules.remove());
    for (const { link } of this.#stateNow().bridges) await this.#kernel.forgetForwarding(link);
  }

  /** Somebody flushed our tables, or an element is there that should not be: the state knows better than the difference. */
  async #orRebuild(commands: string): Promise<void> {
    try {
      await this.#kernel.runNft(commands);
    } catch (thrown) {
      const { code } = Failure.from(thrown);
      if (code !== 'not-found' && code !== 'conflict') throw thrown;
      await this.rebuild();
    }
  }

  async #passBeside(links: readonly string[]): Promise<boolean> {
    const changes = await Promise.all(links.map((link) => this.#kernel.allowForwarding(link)));
    return changes.some(Boolean);
  }
}
