import type { RouteName } from '@gantry/engine-api';
import type { Principal } from '../sessions/principal.ts';
import { ExecOwners } from './exec-owners.ts';
import { refuseForeignExec } from './exec-rule.ts';
import type { GuardedCall } from './guarded-call.ts';

const ofOwner: readonly RouteName[] = ['ExecStart', 'ExecResize', 'SessionStart'];
const lasting: readonly RouteName[] = ['SessionAttach', 'SessionClose', 'HostShellAttach', 'HostShellClose'];
const ofHost: readonly RouteName[] = ['HostShellWatch', 'HostShellJoin', 'HostShellEnd'];
const noneSuch = { code: 'not-found', message: expect.stringMatching(/^No such exec instance: /i) as string };

interface Asking {
  readonly who?: string;
  readonly id?: string;
  readonly link?: 'live' | 'offline';
  readonly signal?: AbortSignal;
}

let owners: ExecOwners;
beforeEach(() => {
  owners = new ExecOwners();
  owners.add('e1', { host: 'h', container: 'c', userId: 'ada', command: ['sh'] });
});

function ask(name: RouteName, { who = 'ada', id = 'e1', link = 'live', signal = new AbortController().signal }: Asking): Promise<void> {
  const call = { route: { name }, path: { id } } as unknown as GuardedCall;
  return refuseForeignExec(call, { id: 'h', link }, { owners, principal: { userId: who } as Principal, signal });
}

test('whoever made an exec does with it what they like; for anybody else it is not there', async () => {
  for (const name of [...ofOwner, ...lasting]) {
    await ask(name, {});
    await expect(ask(name, { who: 'ben' })).rejects.toMatchObject(noneSuch);
    await expect(ask(name, { id: 'e2' })).rejects.toMatchObject(noneSuch);
  }
});

test('a shell on the host is there for everybody whose rights reach it, and one that is not there for nobody', async () => {
  for (const name of ofHost) {
    await ask(name, { who: 'ben' });
    await expect(ask(name, { id: 'e2' })).rejects.toMatchObject(noneSuch);
  }
});

test('other rows are none of its business', async () => {
  for (const name of ['ContainerStart', 'SessionWatch', 'ExecInspect'] as const) await ask(name, { who: 'ben', id: 'e2' });
});

test('while its host is away a terminal that nobody knows may be back later; an exec, and a terminal of somebody else, are not there', async () => {
  for (const name of [...lasting, ...ofHost])
    await expect(ask(name, { id: 'e2', link: 'offline' })).rejects.toMatchObject({ code: 'unavailable' });
  for (const name of ofOwner) await expect(ask(name, { id: 'e2', link: 'offline' })).rejects.toMatchObject(noneSuch);
  for (const name of lasting) await expect(ask(name, { who: 'ben', link: 'offline' })).rejects.toMatchObject(noneSuch);
});

test('whose terminals a host has is waited for by whoever asks after one, and by nobody else', async () => {
  owners.learn('h', Promise.withResolvers<never>().promise);
  const signal = AbortSignal.abort(new Error('gone'));
  for (const name of [...lasting, ...ofHost]) await expect(ask(name, { signal })).rejects.toThrow('gone');
  for (const name of ofOwner) await ask(name, { signal });
});
