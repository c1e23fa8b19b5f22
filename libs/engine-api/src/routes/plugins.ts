import * as z from 'zod';
import { struct, text, texts } from './bodies/go-types.ts';
import { act, inPath, inQuery, read } from './route.ts';

const plugin = inPath('plugin', 'name');
const reason = 'managed plugins are root programs of the engine; the native engine has none';
const noSuchPlugin = { status: 404, message: 'plugin "{name}" not found', reason } as const;
const unsupported = { status: 501, message: 'plugins are not supported by this engine', reason } as const;
const privileges = z.array(struct({ Name: text, Description: text, Value: texts }));
const registryAuth = ['x-registry-auth'];

export const pluginRoutes = {
  PluginList: read({
    method: 'GET',
    path: '/plugins',
    permission: 'engine:none',
    query: { filters: 'filters' },
    filters: ['capability', 'enabled'],
    refusal: { status: 200, message: '', value: [], reason },
  }),
  GetPluginPrivileges: read({
    method: 'GET',
    path: '/plugins/privileges',
    permission: 'engine:none',
    query: { remote: 'text' },
    requestHeaders: registryAuth,
    refusal: unsupported,
  }),
  PluginPull: act({
    method: 'POST',
    path: '/plugins/pull',
    kind: 'stream',
    permission: 'engine:none',
    query: { remote: 'text', name: 'text' },
    body: privileges,
    refs: [inQuery('plugin', 'name')],
    requestHeaders: registryAuth,
    onDisconnect: 'cancel',
    refusal: unsupported,
  }),
  PluginInspect: read({ method: 'GET', path: '/plugins/{name*}/json', permission: 'engine:none', refs: [plugin], refusal: noSuchPlugin }),
  PluginDelete: act({
    method: 'DELETE',
    path: '/plugins/{name*}',
    permission: 'engine:none',
    query: { force: 'flag' },
    refs: [plugin],
    refusal: noSuchPlugin,
  }),
  PluginEnable: act({
    method: 'POST',
    path: '/plugins/{name*}/enable',
    permission: 'engine:none',
    query: { timeout: 'integer' },
    refs: [plugin],
    refusal: noSuchPlugin,
  }),
  PluginDisable: act({
    method: 'POST',
    path: '/plugins/{name*}/disable',
    permission: 'engine:none',
    query: { force: 'flag' },
    refs: [plugin],
    refusal: noSuchPlugin,
  }),
  PluginUpgrade: act({
    method: 'POST',
    path: '/plugins/{name*}/upgrade',
    kind: 'stream',
    permission: 'engine:none',
    query: { remote: 'text' },
    body: privileges,
    refs: [plugin],
    requestHeaders: registryAuth,
    refusal: noSuchPlugin,
  }),
  PluginCreate: act({
    method: 'POST',
    path: '/plugins/create',
    kind: 'upload',
    permission: 'engine:none',
    query: { name: 'text' },
    refs: [inQuery('plugin', 'name')],
    onDisconnect: 'cancel',
    refusal: unsupported,
  }),
  PluginPush: act({
    method: 'POST',
    path: '/plugins/{name*}/push',
    kind: 'stream',
    permission: 'engine:none',
    refs: [plugin],
    requestHeaders: registryAuth,
    refusal: noSuchPlugin,
  }),
  PluginSet: act({
    method: 'POST',
    path: '/plugins/{name*}/set',
    permission: 'engine:none',
    body: texts,
    refs: [plugin],
    refusal: noSuchPlugin,
  }),
};
