import { notASwarmManager, notInSwarm } from '../messages.ts';
import { anything, flag, integer, struct, text } from './bodies/go-types.ts';
import { act, read } from './route.ts';

const reason = 'one machine is not a swarm; many machines are what the server of Gantry is for';

/** dockerd's answer of a node that is in no swarm, to everything that a manager does. */
export const notManager = { status: 503, message: notASwarmManager, reason } as const;
const notMember = { status: 503, message: notInSwarm, reason } as const;
const unsupported = { status: 501, message: 'swarm mode is not supported by this engine', reason } as const;

const permission = 'engine:none';
const logsQuery = {
  details: 'flag',
  follow: 'flag',
  stdout: 'flag',
  stderr: 'flag',
  since: 'text',
  timestamps: 'flag',
  tail: 'text',
} as const;
const ports = { DataPathAddr: text, DataPathPort: integer, ListenAddr: text, AdvertiseAddr: text };

export const swarmRoutes = {
  SwarmInspect: read({ method: 'GET', path: '/swarm', permission, refusal: notManager }),
  SwarmInit: act({
    method: 'POST',
    path: '/swarm/init',
    permission,
    body: struct({ ...ports, DefaultAddrPool: anything, ForceNewCluster: flag, SubnetSize: integer, Spec: anything }),
    effect: 'repeat-unsafe',
    refusal: unsupported,
  }),
  SwarmJoin: act({
    method: 'POST',
    path: '/swarm/join',
    permission,
    body: struct({ ...ports, RemoteAddrs: anything, JoinToken: text }),
    effect: 'repeat-unsafe',
    refusal: unsupported,
  }),
  SwarmLeave: act({ method: 'POST', path: '/swarm/leave', permission, query: { force: 'flag' }, refusal: notMember }),
  SwarmUpdate: act({
    method: 'POST',
    path: '/swarm/update',
    permission,
    query: { version: 'integer', rotateWorkerToken: 'flag', rotateManagerToken: 'flag', rotateManagerUnlockKey: 'flag' },
    body: anything,
    refusal: notManager,
  }),
  SwarmUnlockkey: read({ method: 'GET', path: '/swarm/unlockkey', permission, refusal: notManager }),
  SwarmUnlock: act({ method: 'POST', path: '/swarm/unlock', permission, body: struct({ UnlockKey: text }), refusal: notMember }),
  NodeList: read({
    method: 'GET',
    path: '/nodes',
    permission,
    query: { filters: 'filters' },
    filters: ['id', 'label', 'membership', 'name', 'node.label', 'role'],
    refusal: notManager,
  }),
  NodeInspect: read({ method: 'GET', path: '/nodes/{id}', permission, refusal: notManager }),
  NodeDelete: act({ method: 'DELETE', path: '/nodes/{id}', permission, query: { force: 'flag' }, refusal: notManager }),
  NodeUpdate: act({
    method: 'POST',
    path: '/nodes/{id}/update',
    permission,
    query: { version: 'integer' },
    body: anything,
    refusal: notManager,
  }),
  ServiceList: read({
    method: 'GET',
    path: '/services',
    permission,
    query: { filters: 'filters', status: 'flag' },
    filters: ['id', 'label', 'mode', 'name', 'runtime'],
    refusal: notManager,
  }),
  ServiceCreate: act({
    method: 'POST',
    path: '/services/create',
    permission,
    body: anything,
    requestHeaders: ['x-registry-auth'],
    effect: 'repeat-unsafe',
    refusal: notManager,
  }),
  ServiceInspect: read({ method: 'GET', path: '/services/{id}', permission, query: { insertDefaults: 'flag' }, refusal: notManager }),
  ServiceDelete: act({ method: 'DELETE', path: '/services/{id}', permission, refusal: notManager }),
  ServiceUpdate: act({
    method: 'POST',
    path: '/services/{id}/update',
    permission,
    query: { version: 'integer', registryAuthFrom: 'text', rollback: 'text' },
    body: anything,
    requestHeaders: ['x-registry-auth'],
    refusal: notManager,
  }),
  ServiceLogs: read({ method: 'GET', path: '/services/{id}/logs', kind: 'stream', permission, query: logsQuery, refusal: notManager }),
  TaskList: read({
    method: 'GET',
    path: '/tasks',
    permission,
    query: { filters: 'filters' },
    filters: ['_up-to-date', 'desired-state', 'id', 'label', 'name', 'node', 'runtime', 'service'],
    refusal: notManager,
  }),
  TaskInspect: read({ method: 'GET', path: '/tasks/{id}', permission, refusal: notManager }),
  TaskLogs: read({ method: 'GET', path: '/tasks/{id}/logs', kind: 'stream', permission, query: logsQuery, refusal: notManager }),
};
