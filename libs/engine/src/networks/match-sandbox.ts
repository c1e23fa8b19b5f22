import { cableEndpoint, newLinkName, releaseEndpoint } from './endpoints.ts';
import { freeDevice, moveGateway, removeCable } from './connect-network.ts';
import { type JoiningHost, switchIpv6 } from './join-sandbox.ts';
import type { LiveSandbox } from './network-host.ts';
import { type EndpointRecord, isWired, type SandboxRecord } from './sandbox-record.ts';
import type { Sandbox } from './sandboxes.ts';

/**
 * Brings a sandbox to what its container knows of it: an engine that ended in the middle of a connect or disconnect has changed the one and not yet the other,
 * and has told nobody that it was done. Twice is once.
 */
export async function matchSandbox(host: JoiningHost, live: LiveSandbox, known: Sandbox): Promise<SandboxRecord> {
  const { record } = live;
  const namespace = record.namespacePath;
  if (namespace === undefined) return record;
  const knownIds = new Set(known.endpoints.map(({ endpointId }) => endpointId));
  const kept = record.endpoints.filter(({ endpointId }) => knownIds.has(endpointId));
  const extra = record.endpoints.filter((endpoint) => !kept.includes(endpoint));
  const missing = known.endpoints.filter(({ endpointId }) => !kept.some((endpoint) => endpoint.endpointId === endpointId));
  if (extra.length === 0 && missing.length === 0) return record;
  for (const endpoint of extra) {
    await removeCable(host, endpoint, namespace);
    releaseEndpoint(host, endpoint);
  }
  const endpoints: EndpointRecord[] = [...kept];
  for (const endpoint of missing) {
    const link = isWired(endpoint) ? newLinkName(host) : '';
    endpoints.push({ ...endpoint, aliases: [...endpoint.aliases], link, device: isWired(endpoint) ? freeDevice(endpoints) : '' });
  }
  const matched = { ...record, endpoints };
  live.record = matched;
  await host.records.save(matched);
  for (const endpoint of endpoints.slice(kept.length)) {
    if (endpoint.link === '') continue;
    // A disconnection that was cut off may have left the former link of that name.
    await removeCable(host, endpoint, namespace);
    await switchIpv6(host.kernel, namespace, endpoint.ipv6 !== undefined);
    await cableEndpoint(host, endpoint, { namespace, defaultRoutes: [] });
  }
  await moveGateway(host, { from: record, to: matched });
  return matched;
}
