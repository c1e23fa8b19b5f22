import { act, read } from './route.ts';

const ofAgents = {
  isUnversioned: true,
  refusal: {
    status: 501,
    message: 'a shell on the host is opened by the agent of the host, not by its engine',
    reason: 'It has nothing to do with containers: the same for every engine.',
  },
} as const;
const own = { ...ofAgents, permission: 'host:shell' } as const;
const stream = { kind: 'hijack', query: { from: 'integer' }, onDisconnect: 'cancel' } as const;

/**
 * A login shell on the host itself, as a session (`sessions.ts`, whose frames these streams have too). The policy of the host has to allow it. None of them names
 * an object: they are decided on the host. Those of the first group are their owner's, whoever else holds the permission.
 */
export const hostShellRoutes = {
  /** Whether the host's policy allows it, and what would be opened. */
  HostShellInspect: read({ ...own, method: 'GET', path: '/gantry/host/shell' }),
  HostShellStart: act({
    ...own,
    method: 'POST',
    path: '/gantry/host/shell',
    query: { h: 'integer', w: 'integer' },
    effect: 'repeat-unsafe',
  }),
  HostShellAttach: act({ ...own, ...stream, method: 'POST', path: '/gantry/host/shell/{id}/attach' }),
  HostShellClose: act({ ...own, method: 'POST', path: '/gantry/host/shell/{id}/close' }),

  HostShellWatch: act({ ...own, ...stream, method: 'POST', path: '/gantry/host/shell/{id}/watch', permission: 'session:watch' }),
  /** Needs `host:shell` too: whoever types along acts on the host. */
  HostShellJoin: act({ ...own, ...stream, method: 'POST', path: '/gantry/host/shell/{id}/join', permission: 'session:join' }),
  HostShellEnd: act({ ...own, method: 'DELETE', path: '/gantry/host/shell/{id}', permission: 'session:end' }),
};
