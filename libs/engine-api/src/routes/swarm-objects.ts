import { anything, labels, struct, text } from './bodies/go-types.ts';
import { act, read } from './route.ts';
import { notManager } from './swarm.ts';

const permission = 'engine:none';
const spec = struct({ Name: text, Labels: labels, Data: text, Driver: anything, Templating: anything });
const query = { filters: 'filters' } as const;
const filters = ['id', 'label', 'name', 'names'];
const update = { permission, query: { version: 'integer' }, body: spec, refusal: notManager } as const;
const secrets = { permission, sinceApi: '1.25', refusal: notManager } as const;
const configs = { permission, sinceApi: '1.30', refusal: notManager } as const;

/** Secrets, configs and cluster volumes: kept by a swarm only. */
export const swarmObjectRoutes = {
  SecretList: read({ ...secrets, method: 'GET', path: '/secrets', query, filters }),
  SecretCreate: act({ ...secrets, method: 'POST', path: '/secrets/create', body: spec, effect: 'repeat-unsafe' }),
  SecretInspect: read({ ...secrets, method: 'GET', path: '/secrets/{id}' }),
  SecretDelete: act({ ...secrets, method: 'DELETE', path: '/secrets/{id}' }),
  SecretUpdate: act({ ...secrets, ...update, method: 'POST', path: '/secrets/{id}/update' }),
  ConfigList: read({ ...configs, method: 'GET', path: '/configs', query, filters }),
  ConfigCreate: act({ ...configs, method: 'POST', path: '/configs/create', body: spec, effect: 'repeat-unsafe' }),
  ConfigInspect: read({ ...configs, method: 'GET', path: '/configs/{id}' }),
  ConfigDelete: act({ ...configs, method: 'DELETE', path: '/configs/{id}' }),
  ConfigUpdate: act({ ...configs, ...update, method: 'POST', path: '/configs/{id}/update' }),
  VolumeUpdate: act({ ...update, method: 'PUT', path: '/volumes/{name*}', body: struct({ Spec: anything }), sinceApi: '1.42' }),
};
