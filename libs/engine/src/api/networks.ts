import { Failure } from '@gantry/base';
import { type ApiVersion, type BodyOf, empty, type Handlers, json } from '@gantry/engine-api';
import { hasLabel } from '../containers/list-containers.ts';
import { untilMoment } from '../images/moment.ts';
import { connectContainer, type Connecting, disconnectContainer } from '../networks/connect-container.ts';
import type { NetworkRequest } from '../networks/network-request.ts';
import { checkedTarget } from '../networks/probe-way.ts';
import { networkFilter, networkView } from '../networks/network-view.ts';

/** The routes of networks: rows to verbs, and nothing else. */
export function networkHandlers(nouns: Connecting): Handlers {
  return { ...readHandlers(nouns), ...lifeHandlers(nouns), ...endpointHandlers(nouns), ...topologyHandlers(nouns) };
}

function topologyHandlers({ networks, containers }: Connecting): Handlers {
  return {
    GantryTopology: async (call) => json(200, await networks.topology(call.signal)),
    GantryTopologyProbe: async (call) => {
      const { Container: container = '', ...asked } = await call.json();
      const target = checkedTarget(asked);
      const { id } = containers.find(container);
      return json(200, await networks.probe({ container: id, ...target }, call.signal));
    },
  };
}

function readHandlers({ networks }: Connecting): Handlers {
  return {
    NetworkList: (call) => {
      const isMeant = networkFilter(call.filters(), (network) => networks.membersOf(network));
      const found = networks.list().filter(isMeant);
      return Promise.resolve(
        json(
          200,
          found.map((network) => networkView(network, [], call.version)),
        ),
      );
    },
    NetworkInspect: (call) => {
      if (!['', 'local'].includes(call.query.scope)) throw new Failure('not-found', `network ${call.id} not found`);
      const network = networks.find(call.id);
      return Promise.resolve(json(200, networkView(network, networks.membersOf(network), call.version)));
    },
  };
}

function lifeHandlers({ networks }: Connecting): Handlers {
  return {
    NetworkCreate: async (call) => {
      const request = networkRequest(await call.json(), call.version);
      call.signal.throwIfAborted();
      call.beginEffect();
      const network = await networks.create(request);
      return json(201, { Id: network.id, Warning: (await networks.warningsOf(network)).join('; ') });
    },
    NetworkDelete: async (call) => {
      call.beginEffect();
      await networks.remove(call.id);
      return empty(204);
    },
    NetworkPrune: async (call) => {
      const filters = call.filters();
      const untilMs = untilMoment(filters.get('until'));
      call.beginEffect();
      const gone = await networks.prune(
        ({ labels, createdAt }) =>
          Date.parse(createdAt) < untilMs &&
          (filters.get('label') ?? []).every((label) => hasLabel(labels, label)) &&
          !(filters.get('label!') ?? []).some((label) => hasLabel(labels, label)),
      );
      return json(200, { NetworksDeleted: gone.length === 0 ? null : gone });
    },
  };
}

function endpointHandlers(nouns: Connecting): Handlers {
  const { networks } = nouns;
  return {
    NetworkConnect: async (call) => {
      const { Container: container = '', EndpointConfig: settings } = await call.json();
      call.beginEffect();
      await connectContainer(nouns, { network: networks.find(call.id), container }, settings ?? {});
      return empty(200);
    },
    NetworkDisconnect: async (call) => {
      const { Container: container = '' } = await call.json();
      call.beginEffect();
      await disconnectContainer(nouns, { network: networks.find(call.id), container });
      return empty(200);
    },
  };
}

function networkRequest(body: BodyOf<'NetworkCreate'>, version: ApiVersion): NetworkRequest {
  const { Name: name = '', Driver: driver = '', IPAM: ipam } = body;
  if (ipam?.Driver && ipam.Driver !== 'default')
    throw new Failure('not-found', `could not find plugin ${ipam.Driver} in v1 plugin registry: plugin not found`);
  return {
    name,
    driver: driver === '' ? 'bridge' : driver,
    isInternal: body.Internal ?? false,
    isAttachable: body.Attachable ?? false,
    scope: body.Scope ?? '',
    isIngress: body.Ingress ?? false,
    isConfigOnly: body.ConfigOnly ?? false,
    configFrom: body.ConfigFrom?.Network || undefined,
    hasIpv4: version.atLeast('1.48') ? body.EnableIPv4 : undefined,
    hasIpv6: body.EnableIPv6,
    pools: (ipam?.Config ?? []).map(({ Subnet = '', IPRange = '', Gateway = '', AuxiliaryAddresses }) => ({
      subnet: Subnet,
      ...(IPRange !== '' && { range: IPRange }),
      ...(Gateway !== '' && { gateway: Gateway }),
      reserved: AuxiliaryAddresses ?? {},
    })),
    labels: body.Labels ?? {},
    options: body.Options ?? {},
  };
}
