import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { checkConfiguration, configured, planConfiguration } from './config-network.ts';
import { checkOptions, hasBridge, type Network, option, predefined, usedPools, wantsFamily } from './network.ts';
import { planDriver } from './network-drivers.ts';
import { newNetworkId } from './network-registry.ts';
import type { NetworkRequest, Surroundings } from './network-request.ts';
import { planPools } from './plan-pools.ts';
import { addressToNumber, contains, familyOf, parseSubnet } from './subnet.ts';

/** Turns a request into a network with addresses of its own; nothing is kept or made yet. Fails with `invalid`, `forbidden`, `conflict` or `exhausted`. */
export async function planNetwork(request: NetworkRequest, around: Surroundings): Promise<Network> {
  if (predefined.has(request.name) || request.name === 'default') {
    throw new Failure('forbidden', messages.predefinedNetworkCreate(request.name));
  }
  // As dockerd of all versions: a name may hold anything.
  if (request.name.trim() === '') throw new Failure('invalid', `invalid name: ${request.name}`);
  if (around.networks.some((network) => network.name === request.name)) {
    throw new Failure('conflict', messages.networkNameTaken(request.name));
  }
  checkConfiguration(request);
  const asked = request.configFrom === undefined ? withDefaults(request, around) : configured(request, around.networks);
  checkOptions(asked.options);
  if (asked.isConfigOnly === true) return planConfiguration(asked);
  if (asked.isIngress === true) throw new Failure('forbidden', 'Ingress network can only be global scope network');
  if (asked.scope === 'swarm') throw new Failure('forbidden', 'cannot create a swarm scoped network when swarm is not active');
  const id = newNetworkId();
  const driver = await planDriver(asked, around, `g${around.instance}${id.slice(0, 6)}`);
  const families = wantedFamilies(asked, driver);
  return {
    ...{ ...driver, ...families, id, name: request.name, createdAt: new Date().toISOString() },
    ...{ isInternal: request.isInternal, isAttachable: request.isAttachable, isConfigOnly: false },
    pools: await planPools({ ...asked, ...families }, around),
    labels: { ...asked.labels },
    options: { ...asked.options },
    configFrom: request.configFrom,
  };
}

/** Options of the settings, where the request says nothing of them; what a field of it says is not said by an option as well. */
function withDefaults(request: NetworkRequest, { config }: Surroundings): NetworkRequest {
  const options = new Map(Object.entries({ ...(request.driver === 'bridge' && config.defaultNetworkOptions), ...request.options }));
  if (request.hasIpv4 !== undefined) options.delete(option.ipv4);
  if (request.hasIpv6 !== undefined) options.delete(option.ipv6);
  return { ...request, options: Object.fromEntries(options) };
}

/** Links upon one of the host do without addresses, a bridge does not. Fails with `invalid` in dockerd's words. */
function wantedFamilies(request: NetworkRequest, driver: Pick<Network, 'driver'>): Pick<Network, 'hasIpv4' | 'hasIpv6'> {
  const { options } = request;
  const hasIpv4 = wantsFamily(request.hasIpv4, { options, name: 'ipv4', otherwise: true });
  const hasIpv6 = wantsFamily(request.hasIpv6, { options, name: 'ipv6', otherwise: false });
  if (!hasIpv4 && !hasIpv6 && hasBridge(driver)) throw new Failure('invalid', 'IPv4 or IPv6 must be enabled');
  return { hasIpv4, hasIpv6 };
}

export function plainNetwork(driver: 'host' | 'null'): Network {
  const shape = {
    isInternal: false,
    isAttachable: false,
    hasIpv4: false,
    hasIpv6: false,
    isConfigOnly: false,
    pools: [],
    labels: {},
    options: {},
    bridge: '',
    ownsBridge: false,
  };
  return { ...shape, id: newNetworkId(), name: driver === 'null' ? 'none' : driver, driver, createdAt: new Date().toISOString() };
}

/** Whether an address may be asked for in a network; told before anything is done. */
export function checkWantedAddress(network: Network, wanted: string): void {
  if (network.name === 'bridge') throw new Failure('invalid', 'user specified IP address is supported on user defined networks only');
  addressToNumber(wanted);
  if (!usedPools(network).some(({ subnet }) => familyOf(subnet) === familyOf(wanted) && contains(parseSubnet(subnet), wanted))) {
    throw new Failure(
      'invalid',
      `invalid config for network ${network.name}: invalid endpoint settings:\nno configured subnet contains IP address ${wanted}`,
    );
  }
}
