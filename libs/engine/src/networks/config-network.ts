import { Failure } from '@gantry/base';
import { type Network, wantsFamily } from './network.ts';
import { newNetworkId } from './network-registry.ts';
import type { NetworkRequest } from './network-request.ts';
import { poolIn } from './plan-pools.ts';
import { parseSubnet } from './subnet.ts';

const operatorFields =
  'configuration network can only contain network specific fields. Network operator fields like [ ingress | internal | attachable | scope ] are not supported.';
const ownSettings = 'user-specified configurations are not supported if the network depends on a configuration network';
const ownOptions = 'network driver options are not supported if the network depends on a configuration network';

/** Whether a request that makes or uses a configuration asks for what goes with that. Fails with `forbidden` in dockerd's words. */
export function checkConfiguration(request: NetworkRequest): void {
  const { isConfigOnly = false, configFrom, isIngress = false, isInternal, isAttachable, scope = '' } = request;
  if (isConfigOnly && (isIngress || isInternal || isAttachable || scope !== '')) throw new Failure('forbidden', operatorFields);
  if (configFrom === undefined) return;
  if (isConfigOnly) throw new Failure('forbidden', 'a configuration network cannot depend on another configuration network');
  const hasFamilies = request.hasIpv4 === false || request.hasIpv6 === true;
  if (hasFamilies || Object.keys(request.labels).length > 0 || request.pools.length > 0) throw new Failure('forbidden', ownSettings);
  if (Object.keys(request.options).length > 0) throw new Failure('forbidden', ownOptions);
}

/** A configuration: what was asked, without an address or a link of its own, so that overlaps tell nothing yet. Fails with `invalid`. */
export function planConfiguration(request: NetworkRequest): Network {
  const { name, pools, labels, options } = request;
  const checked = pools.map((pool) => ({ ...poolIn(parseSubnet(pool.subnet), pool), gateway: pool.gateway ?? '' }));
  return {
    ...{ id: newNetworkId(), name, driver: 'null', createdAt: new Date().toISOString(), isInternal: false, isAttachable: false },
    hasIpv4: wantsFamily(request.hasIpv4, { options, name: 'ipv4', otherwise: true }),
    hasIpv6: wantsFamily(request.hasIpv6, { options, name: 'ipv6', otherwise: false }),
    ...{ pools: checked, labels: { ...labels }, options: { ...options }, bridge: '', ownsBridge: false, isConfigOnly: true },
  };
}

/** A request with the settings of the configuration that it names. Fails with `not-found` in dockerd's words. */
export function configured(request: NetworkRequest, networks: readonly Network[]): NetworkRequest {
  const { configFrom } = request;
  if (configFrom === undefined) return request;
  const configuration = networks.find(({ isConfigOnly, name }) => isConfigOnly && name === configFrom);
  if (!configuration) throw new Failure('not-found', `configuration network ${JSON.stringify(configFrom)} does not exist`);
  const { hasIpv4, hasIpv6, labels, options, pools } = configuration;
  const asked = pools.map(({ gateway, ...pool }) => ({ ...pool, ...(gateway !== '' && { gateway }) }));
  return { ...request, hasIpv4, hasIpv6, labels, options, pools: asked };
}
