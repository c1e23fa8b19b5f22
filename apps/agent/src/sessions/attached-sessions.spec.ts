import { setTimeout as pause } from 'node:timers/promises';
import { closedAfterEach, eventually } from '@gantry/base/testing';
import {
  ApiVersion,
  ByteQueue,
  type Caller,
  empty,
  type EngineClient,
  engineClient,
  hijack,
  json,
  readSessionFrames,
  routed,
  sessionBytes,
  sessionIdOf,
  type SessionNote,
} from '@gantry/engine-api';
import { HostShell } from '../host-shell/host-shell.ts';
import { everything } from '../policy/policy.ts';
import { sessionEngine } from './session-engine.ts';

const opened = closedAfterEach();
const [container, exec] = ['c'.repeat(64), 'e'.repeat(64)];
const ada: Caller = { kind: 'person', id: 'u1', name: 'ada', requestId: 'r1' };
const bob: Caller = { kind: 'person', id: 'u2', name: 'bob', requestId: 'r2' };
const attachId = sessionIdOf('attach', 'r1');

/** A container with a terminal, and one exec of it; what is typed into either comes back. */
function scripted(hasTerminal = true) {
  const seen = {
    attached: [] as object[],
    isLeft: false,
    output: new ByteQueue(64 * 1024),
    ofExec: new ByteQueue(64 * 1024),
    isExecOver: false,
    typed: '',
  };
  const endExec = (): void => {
    seen.isExecOver = true;
    seen.ofExec.end();
  };
  const terminal = (output: ByteQueue, { signal }: { signal: AbortSignal }) => {
    signal.addEventListener('abort', () => output.fail(new Error('left')));
    return hijack({}, (input) => {
      void (async () => {
        for await (const bytes of input) seen.typed += Buffer.from(bytes).toString();
      })();
      return output.bytes;
    });
  };
  const engine = routed(
    {
      ContainerInspect: () =>
        Promise.resolve(
          json(200, { Id: container, Name: '/web', Config: { Tty: hasTerminal, Cmd: ['ash', '-l'] }, State: { Running: true } }),
        ),
      ExecInspect: () =>
        Promise.resolve(
          json(200, { ContainerID: container, Running: !seen.isExecOver, ExitCode: null, ProcessConfig: { tty: true, entrypoint: 'sh' } }),
        ),
      ContainerAttach: ({ query, request }) => {
        seen.attached.push(query);
        request.signal.addEventListener('abort', () => (seen.isLeft = true));
        return Promise.resolve(terminal(seen.output, request));
      },
      ExecStart: ({ request }) => Promise.resolve(terminal(seen.ofExec, request)),
      ContainerResize: () => Promise.resolve(empty(200)),
      ExecResize: () => Promise.resolve(empty(200)),
    },
    { server: 'Terminals/1', versions: { oldest: ApiVersion.oldest, newest: ApiVersion.newest } },
  );
  const sessions = opened.use(sessionEngine(engine, new HostShell({ now: () => Promise.resolve(everything) })));
  return { seen, endExec, as: (caller: Caller): EngineClient => engineClient(sessions, { caller }) };
}

type Row = 'SessionAttach' | 'SessionWatch' | 'SessionJoin';

async function enter(client: EngineClient, row: Row, id: string) {
  const { open } =
    row === 'SessionAttach' ? await client.open(row, { path: { id }, query: { hold: true } }) : await client.open(row, { path: { id } });
  const typing = new ByteQueue(100_000);
  const got = { shown: '', notes: [] as SessionNote[], isReading: true };
  const frames = open(typing.bytes)[Symbol.asyncIterator]();
  const over = (async () => {
    for await (const part of readSessionFrames({ [Symbol.asyncIterator]: () => frames })) {
      if (part instanceof Uint8Array) got.shown += Buffer.from(part).toString();
      else got.notes.push(part);
    }
  })();
  return { got, typing, over, leave: () => frames.return?.() };
}

const attachQuery = { stream: true, stdin: true, stdout: true, stderr: true, detachKeys: 'ctrl-x' };

test("a container's own terminal is a session by the id of its request: typed into, watched, and left when it is ended, while the container goes on", async () => {
  const { seen, as } = scripted();
  const answer = await as(ada).call('ContainerSessionStart', { path: { id: 'web' }, query: { ...attachQuery, w: 90, h: 20 } });
  expect(await answer.json()).toMatchObject({ id: attachId, kind: 'attach', containerId: container, command: 'ash -l', columns: 90 });
  expect(seen.attached).toEqual([expect.objectContaining({ stream: true, stdin: true, detachKeys: 'ctrl-x', logs: false })]);
  const own = await enter(as(ada), 'SessionAttach', attachId);
  const watching = await enter(as(bob), 'SessionWatch', attachId);
  own.typing.offer(sessionBytes(Buffer.from('ls\n')));
  await seen.output.push(Buffer.from('bin'));
  await eventually(() => expect([own.got.shown, watching.got.shown, seen.typed]).toEqual(['bin', 'bin', 'ls\n']));

  await as(bob).call('SessionEnd', { path: { id: attachId }, query: {} });
  await Promise.all([own.over, watching.over]);
  expect(own.got.notes.at(-1)).toEqual({ kind: 'ended', cause: 'ended', by: 'bob' });
  expect(seen.isLeft).toBe(true);
});

test('a container without a terminal is no session', async () => {
  const { as } = scripted(false);
  await expect(as(ada).call('ContainerSessionStart', { path: { id: 'web' }, query: attachQuery })).rejects.toMatchObject({
    code: 'invalid',
    message: 'container web has no terminal, so it can be no session',
  });
});

test('everybody in a session hears the size that a docker client gives its terminal', async () => {
  const { as, endExec } = scripted();
  await as(ada).call('SessionStart', { path: { id: exec } });
  await as(ada).call('ContainerSessionStart', { path: { id: 'web' }, query: attachQuery });
  const [ofExec, ofContainer] = [await enter(as(bob), 'SessionWatch', exec), await enter(as(bob), 'SessionWatch', attachId)];
  await as(ada).call('ExecResize', { path: { id: exec }, query: { w: 101, h: 31 } });
  await as(ada).call('ContainerResize', { path: { id: container }, query: { w: 102, h: 32 } });
  const sizes = ({ got }: { got: { notes: SessionNote[] } }) => got.notes.filter(({ kind }) => kind === 'size');
  await eventually(() =>
    expect([sizes(ofExec), sizes(ofContainer)]).toEqual([
      [{ kind: 'size', columns: 101, rows: 31 }],
      [{ kind: 'size', columns: 102, rows: 32 }],
    ]),
  );
  endExec();
});

test('what a program shows before whoever opened it is there waits for them, however much it is', async () => {
  const { seen, as, endExec } = scripted();
  await as(ada).call('SessionStart', { path: { id: exec } });
  const piece = Buffer.alloc(64 * 1024, 'x');
  const flood = (async () => {
    for (let count = 0; count < 40; count++) await seen.ofExec.push(piece);
  })();
  await pause(50);
  const own = await enter(as(ada), 'SessionAttach', exec);
  await flood;
  await eventually(() => expect(own.got.shown.length).toBe(40 * piece.length));
  expect(own.got.notes.map(({ kind }) => kind)).not.toContain('skipped');
  endExec();
});
