import { closedAfterEach, eventually } from '@gantry/base/testing';
import {
  ApiVersion,
  ByteQueue,
  type Caller,
  type EngineClient,
  engineClient,
  readSessionFrames,
  routed,
  sessionBytes,
  sessionIdOf,
  type SessionNote,
  sessionNote,
} from '@gantry/engine-api';
import { everything, type Policy } from '../policy/policy.ts';
import { sessionEngine } from '../sessions/session-engine.ts';
import { HostShell } from './host-shell.ts';

const opened = closedAfterEach();
const ada: Caller = { kind: 'person', id: 'u1', name: 'ada', requestId: 'r1' };
const bob: Caller = { kind: 'person', id: 'u2', name: 'bob', requestId: 'r2' };
const id = sessionIdOf('host', 'r1');
const allowing: Policy = { ...everything, hostShell: true };

/** A host whose policy a test may change; it is looked at again for what is open after `lookMs`. */
function hostWith(policy: Policy, lookMs = 60_000) {
  const file = { policy };
  const engine = routed({}, { server: 'None/1', versions: { oldest: ApiVersion.oldest, newest: ApiVersion.newest } });
  const sessions = opened.use(sessionEngine(engine, new HostShell({ now: () => Promise.resolve(file.policy) }, lookMs)));
  return { file, as: (caller: Caller): EngineClient => engineClient(sessions, { caller }) };
}

type Row = 'HostShellAttach' | 'HostShellWatch' | 'HostShellJoin';

async function enter(client: EngineClient, row: Row) {
  const { open } = await client.open(row, { path: { id } });
  const typing = new ByteQueue(100_000);
  const got = { shown: '', notes: [] as SessionNote[] };
  const over = (async () => {
    for await (const part of readSessionFrames(open(typing.bytes))) {
      if (part instanceof Uint8Array) got.shown += Buffer.from(part).toString();
      else got.notes.push(part);
    }
  })();
  return { got, over, type: (text: string) => typing.offer(sessionBytes(Buffer.from(text))), typing };
}

test.each<[string, Policy, string]>([
  ['says nothing of it', everything, 'hostShell is not true in its policy.json'],
  ['allows it and forbids all changes', { ...allowing, changes: false }, 'changes is false in its policy.json'],
])('a host whose policy %s opens no shell, and says why', async (_, policy, why) => {
  const { as } = hostWith(policy);
  expect(await (await as(ada).call('HostShellInspect')).json()).toMatchObject({ isAllowed: false, why });
  await expect(as(ada).call('HostShellStart')).rejects.toMatchObject({
    code: 'forbidden',
    message: `the policy of this host forbids a shell on it: ${why}`,
  });
});

test('a login shell on the host: typed into by its owner, watched by others, with the size of their window, and gone with its end', async () => {
  const { as, file } = hostWith(allowing);
  const state = await (await as(ada).call('HostShellInspect')).json<{ user: string; program: string }>();
  expect(state).toMatchObject({ isAllowed: true, program: expect.stringMatching(/^\//) as string });
  const started = await as(ada).call('HostShellStart', { query: { w: 90, h: 33 } });
  expect(await started.json()).toMatchObject({ id, kind: 'host', containerId: '', command: `${state.program} -l as ${state.user}` });
  const own = await enter(as(ada), 'HostShellAttach');
  const watching = await enter(as(bob), 'HostShellWatch');
  own.type('stty size; echo $((40+2))-$USER-$TERM; tty\n');
  await eventually(() => expect(own.got.shown).toMatch(new RegExp(`33 90\\s+42-${state.user}-xterm-256color\\s+/dev/pts/`)));
  own.typing.offer(sessionNote({ kind: 'size', columns: 120, rows: 40 }));
  await eventually(() => expect(watching.got.notes).toContainEqual({ kind: 'size', columns: 120, rows: 40 }));
  own.type('stty size\n');
  await eventually(() => expect(watching.got.shown).toContain('40 120'));
  watching.type('echo typed-by-watcher\n');

  // Whoever comes by the way of containers finds nothing; the policy counts anew for whoever enters.
  await expect(as(bob).open('SessionJoin', { path: { id } })).rejects.toMatchObject({ code: 'not-found' });
  await expect(as(bob).call('SessionEnd', { path: { id } })).rejects.toMatchObject({ code: 'not-found' });
  file.policy = everything;
  await expect(as(bob).open('HostShellJoin', { path: { id } })).rejects.toMatchObject({ code: 'forbidden' });

  own.type('exit 5\n');
  await Promise.all([own.over, watching.over]);
  expect(own.got.notes.at(-1)).toEqual({ kind: 'ended', exitCode: 5 });
  expect(watching.got.shown).not.toContain('typed-by-watcher');
});

test('whoever ends it hangs up what runs in it', async () => {
  const { as } = hostWith(allowing);
  await as(ada).call('HostShellStart');
  const own = await enter(as(ada), 'HostShellAttach');
  own.type('echo pid-$$-; exec sleep 1000\n');
  await eventually(() => expect(own.got.shown).toMatch(/pid-\d+-/));
  const pid = Number(/pid-(\d+)-/.exec(own.got.shown)?.[1]);
  await as(bob).call('HostShellEnd', { path: { id } });
  await own.over;
  expect(own.got.notes.at(-1)).toMatchObject({ kind: 'ended', cause: 'ended', by: 'bob' });
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

test('a policy that is changed back ends the shells that are open', async () => {
  const { as, file } = hostWith(allowing, 20);
  await as(ada).call('HostShellStart');
  const own = await enter(as(ada), 'HostShellAttach');
  own.type('echo still-$((40+2))\n');
  await eventually(() => expect(own.got.shown).toContain('still-42'));
  file.policy = everything;
  await own.over;
  expect(own.got.notes.at(-1)).toMatchObject({ kind: 'ended', cause: 'taken-away' });
});
