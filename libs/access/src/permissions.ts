/**
 * Where a permission may be granted: everywhere only, on groups of hosts too, on one host too, or on anything down to one stack or label
 * selector. A grant with a smaller scope does not give it, whatever its role holds.
 */
export type Reach = 'global' | 'group' | 'host' | 'any';

interface PermissionRow {
  readonly reach: Reach;
  readonly meaning: string;
}

const row = (reach: Reach, meaning: string): PermissionRow => ({ reach, meaning });

/** Every permission there is. What is not in this table cannot be granted, asked for or named by a row of any route. */
export const catalogue = {
  'host:view': row('host', 'see a host'),
  'host:metrics': row('host', 'see the load of a host'),
  'host:join': row('group', 'let a host join'),
  'host:approve': row('group', 'approve a host that waits'),
  'host:remove': row('group', 'remove a host'),
  'host:edit': row('host', 'change name and labels of a host'),
  'host:prune': row('host', 'remove what is unused on a host'),
  'host:shell': row('host', 'open a shell on a host'),
  'joinToken:list': row('group', 'see join codes'),
  'joinToken:create': row('group', 'make join codes'),
  'joinToken:revoke': row('group', 'withdraw join codes'),
  'agent:upgrade': row('host', 'upgrade the agent of a host'),
  'engine:info': row('host', 'see version, settings and disk use of an engine'),

  'container:list': row('any', 'list containers'),
  'container:view': row('any', 'see a container'),
  'container:stats': row('any', 'see the load of a container'),
  'container:top': row('any', 'see the processes of a container'),
  'container:diff': row('any', 'see the files a container has changed'),
  'container:logs': row('any', 'read the logs of a container'),
  'container:inspect': row('any', 'see the settings of a container, environment values hidden'),
  'container:start': row('any', 'start a container'),
  'container:stop': row('any', 'stop a container'),
  'container:restart': row('any', 'restart a container'),
  'container:kill': row('any', 'signal a container'),
  'container:pause': row('any', 'pause and unpause a container'),
  'container:updateImage': row('any', 'renew a container from a newer image'),
  'container:create': row('any', 'create a container'),
  'container:edit': row('any', 'change the settings of a container'),
  'container:remove': row('any', 'remove a container'),
  'container:rename': row('any', 'rename a container'),
  'container:commit': row('any', 'make an image of a container, export its files'),
  'container:elevated': row('host', 'give a container power over its host'),
  'container:exec': row('any', 'run a command in a container'),
  'container:attach': row('any', 'type into a container'),
  'env:reveal': row('any', 'see environment values'),
  'logs:search': row('any', 'search the logs of many containers'),
  'files:read': row('any', 'read files in a container or volume'),
  'files:write': row('any', 'write files in a container or volume'),

  'session:watch': row('any', 'watch a terminal of somebody'),
  'session:join': row('any', 'type into a terminal of somebody'),
  'session:end': row('any', 'end a terminal of somebody'),

  'stack:view': row('any', 'see a stack'),
  'stack:plan': row('any', 'see what a deployment would change'),
  'stack:history': row('any', 'see the revisions of a stack'),
  'stack:start': row('any', 'start a stack'),
  'stack:stop': row('any', 'stop a stack'),
  'stack:restart': row('any', 'restart a stack'),
  'stack:rollback': row('any', 'return to an earlier revision'),
  'stack:redeploy': row('any', 'deploy the same revision again'),
  'stack:create': row('any', 'create a stack'),
  'stack:edit': row('any', 'change a stack'),
  'stack:deploy': row('any', 'deploy a stack'),
  'stack:delete': row('any', 'delete a stack'),
  'stack:adopt': row('any', 'take over a stack that others made'),
  'stack:move': row('any', 'move a stack to another host'),

  'image:list': row('host', 'see images'),
  'image:use': row('any', 'create containers from an image'),
  'image:pull': row('host', 'pull an image'),
  'image:tag': row('host', 'give an image a name'),
  'image:build': row('host', 'build an image'),
  'image:push': row('host', 'push an image'),
  'image:remove': row('host', 'remove an image'),
  'image:prune': row('host', 'remove unused images'),
  'network:list': row('any', 'see networks'),
  'network:create': row('any', 'create a network'),
  'network:connect': row('any', 'connect a container to a network'),
  'network:remove': row('any', 'remove a network'),
  'volume:list': row('any', 'see volumes'),
  'volume:create': row('any', 'create a volume'),
  'volume:backup': row('any', 'back a volume up'),
  'volume:restore': row('any', 'restore a volume'),
  'volume:remove': row('any', 'remove a volume'),
  'registry:use': row('group', 'use the credentials of a registry'),
  'registry:manage': row('group', 'manage registries'),
  'secret:use': row('any', 'use a secret'),
  'secret:manage': row('any', 'manage secrets'),

  'job:view': row('any', 'see jobs'),
  'job:run': row('any', 'run a job'),
  'job:manage': row('any', 'manage jobs'),
  'alert:view': row('any', 'see alerts'),
  'alert:silence': row('any', 'silence an alert'),
  'alert:manage': row('any', 'manage alert rules'),
  'event:view': row('any', 'see what happens'),
  'audit:view': row('host', 'see who did what'),
  'recording:play': row('host', 'play a recorded terminal'),

  'access:request': row('any', 'ask for access'),
  'access:approve': row('any', 'give access that somebody asks for'),
  'grant:manage': row('host', 'manage grants'),
  'team:manage': row('host', 'manage teams'),
  'policy:manage': row('group', 'manage policies'),
  'user:manage': row('global', 'manage people'),
  'role:manage': row('global', 'manage roles'),
  'sso:manage': row('global', 'manage single sign-on'),
  'apiToken:any': row('global', 'manage the tokens of others'),
  'system:settings': row('global', 'change the settings of this installation'),
  'system:upgrade': row('global', 'upgrade this installation'),
  'system:backup': row('global', 'back this installation up'),
  'system:restore': row('global', 'restore this installation'),
  'owner:transfer': row('global', 'hand the ownership over'),
} as const satisfies Readonly<Record<string, PermissionRow>>;

export type Permission = keyof typeof catalogue;

export const permissions = Object.freeze(Object.keys(catalogue)) as readonly Permission[];

/** Whether a name from outside (a row of another library, a stored grant) is a permission of the catalogue. */
export function isPermission(name: string): name is Permission {
  return Object.hasOwn(catalogue, name);
}
