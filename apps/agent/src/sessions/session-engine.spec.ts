import { createHash } from 'node:crypto';
import { closedAfterEach, eventually } from '@gantry/base/testing';
import {
  ApiVersion,
  ByteQueue,
  type Bytes,
  type Caller,
  empty,
  type EngineClient,
  engineClient,
  hijack,
  json,
  readSessionFrames,
  routed,
  type SessionNote,
  sessionBytes,
  sessionNote,
} from '@gantry/engine-api';
import { HostShell } from '../host-shell/host-shell.ts';
import { everything } from '../policy/policy.ts';
import { sessionEngine } from './session-engine.ts';

const opened = closedAfterEach();
const [container, id, piped] = ['c'.repeat(64), 'e'.repeat(64), 'f'.repeat(64)];
const ada: Caller = { kind: 'person', id: 'u1', name: 'ada', requestId: 'r1' };
/** Its owner has allowed no shell on it. */
const usualHost = new HostShell({ now: () => Promise.resolve(everything) });
const bob: Caller = { kind: 'person', id: 'u2', name: 'bob', requestId: 'r2' };

/** An exec that shows what its test gives it and keeps what was typed; its end is the end of what is typed, or of the test's output. */
class Shell {
  readonly output = new ByteQueue(64 * 1024);
  typed = '';
  sizes: string[] = [];
  isRunning = true;

  constructor(private readonly terminal = id) {}

  readonly engine = routed(
    {
      ExecInspect: ({ id: asked }) =>
        Promise.resolve(
          json(200, {
            ...{ ID: asked, ContainerID: container, Running: this.isRunning, ExitCode: this.isRunning ? null : 3, Pid: process.pid },
            ProcessConfig: { tty: asked === this.terminal, entrypoint: 'sh', arguments: ['-l'] },
          }),
        ),
      ContainerInspect: () => Promise.resolve(json(200, { Id: container, Name: '/web' })),
      ExecStart: () => Promise.resolve(hijack({}, (input) => this.#run(input))),
      ExecResize: ({ query }) => {
        this.sizes.push(`${query.w ?? 0}x${query.h ?? 0}`);
        return Promise.resolve(empty(200));
      },
    },
    { server: 'Shell/1', versions: { oldest: ApiVersion.oldest, newest: ApiVersion.newest } },
  );

  say(text: string): Promise<void> {
    return this.output.push(Buffer.from(text));
  }

  async *#run(input: Bytes): AsyncGenerator<Uint8Array> {
    void this.#hear(input);
    yield* this.output.bytes;
    this.isRunning = false;
  }

  async #hear(input: Bytes): Promise<void> {
    for await (const chunk of input) this.typed += Buffer.from(chunk).toString();
    this.output.end();
  }
}

interface Setting {
  readonly shell: Shell;
  readonly as: (caller: Caller) => EngineClient;
}

async function started(): Promise<Setting> {
  const shell = new Shell();
  const engine = opened.use(sessionEngine(shell.engine, usualHost));
  const as = (caller: Caller): EngineClient => engineClient(engine, { caller });
  const answer = await as(ada).call('SessionStart', { path: { id }, query: { w: 100, h: 30 } });
  expect(await answer.json()).toMatchObject({
    id,
    containerId: container,
    containerName: 'web',
    command: 'sh -l',
    owner: 'ada',
    columns: 100,
  });
  return { shell, as };
}

/** Somebody in a session: what they saw, and what they were told. */
class Attached {
  shown = '';
  notes: SessionNote[] = [];
  readonly typing = new ByteQueue(1_000_000);
  readonly #frames: AsyncIterator<Uint8Array>;
  ended: Promise<void> = Promise.resolve();

  constructor(open: (input: Bytes) => Bytes) {
    this.#frames = open(this.typing.bytes)[Symbol.asyncIterator]();
  }

  read(): this {
    this.ended = (async () => {
      for await (const part of readSessionFrames({ [Symbol.asyncIterator]: () => this.#frames })) {
        if (part instanceof Uint8Array) this.shown += Buffer.from(part).toString();
        else this.notes.push(part);
      }
    })();
    return this;
  }

  note(kind: SessionNote['kind']): SessionNote | undefined {
    return this.notes.findLast((note) => note.kind === kind);
  }

  async leave(): Promise<void> {
    this.typing.end();
    await this.#frames.return?.();
  }
}

type Row = 'SessionAttach' | 'SessionJoin' | 'SessionWatch' | 'SessionRecord';

async function attach(
  { as }: Setting,
  { row = 'SessionAttach', caller = ada, from = 0 }: { row?: Row; caller?: Caller; from?: number } = {},
) {
  const { open } = await as(caller).open(row, { path: { id }, query: { from } });
  return new Attached(open);
}

test('a session goes on without whoever opened it: they come back to where they were, or from the start, and miss and repeat nothing', async () => {
  const setting = await started();
  const first = (await attach(setting)).read();
  await setting.shell.say('one\r\n');
  await eventually(() => expect(first.shown).toBe('one\r\n'));
  first.typing.offer(sessionBytes(Buffer.from('ls\n')));
  await eventually(() => expect(setting.shell.typed).toBe('ls\n'));
  await first.leave();
  await setting.shell.say('two\r\n');

  const again = (await attach(setting, { from: 5 })).read();
  const anew = (await attach(setting)).read();
  await setting.shell.say('three\r\n');
  await eventually(() => expect([again.shown, anew.shown]).toEqual(['two\r\nthree\r\n', 'one\r\ntwo\r\nthree\r\n']));
  expect(again.notes[0]).toMatchObject({ kind: 'hello', start: 5, columns: 100, rows: 30 });
});

test('everybody sees who is there; whoever watches types nothing, whoever joins does, and the last size counts for all', async () => {
  const setting = await started();
  const own = (await attach(setting)).read();
  const watching = (await attach(setting, { row: 'SessionWatch', caller: bob })).read();
  const people = [
    { id: 'u1', name: 'ada', mode: 'own' },
    { id: 'u2', name: 'bob', mode: 'watch' },
  ];
  await eventually(() =>
    expect([own.note('present'), watching.note('present')]).toEqual([
      { kind: 'present', people },
      { kind: 'present', people },
    ]),
  );
  watching.typing.offer(sessionBytes(Buffer.from('rm -rf /\n')));
  await watching.leave();
  const joined = (await attach(setting, { row: 'SessionJoin', caller: bob })).read();
  joined.typing.offer(sessionNote({ kind: 'size', columns: 132, rows: 50 }));
  joined.typing.offer(sessionBytes(Buffer.from('id\n')));

  await eventually(() => expect(own.note('size')).toEqual({ kind: 'size', columns: 132, rows: 50 }));
  await eventually(() => expect(setting.shell.typed).toBe('id\n'));
  expect([joined.note('size'), setting.shell.sizes]).toEqual([undefined, ['132x50']]);
  await joined.leave();
  await eventually(() => expect(own.note('present')).toEqual({ kind: 'present', people: people.slice(0, 1) }));
});

test('the end tells the exit code to everybody, also to whoever comes later; somebody who ends it is named', async () => {
  const setting = await started();
  const own = (await attach(setting)).read();
  await setting.as(bob).call('SessionEnd', { path: { id }, query: { cause: 'taken-away' } });
  await own.ended;

  expect(own.notes.at(-1)).toEqual({ kind: 'ended', exitCode: 3, cause: 'ended', by: 'bob' });
  const late = (await attach(setting)).read();
  await late.ended;
  expect(late.notes.at(-1)).toEqual(own.notes.at(-1));
});

test('a session that has ended is told of until the server has its output and its end', async () => {
  const setting = await started();
  const server = setting.as({ kind: 'gantry', part: 'server' });
  const list = async (): Promise<unknown> => (await server.call('SessionList')).json();
  await setting.shell.say('the last words');
  await setting.as(ada).call('SessionClose', { path: { id } });
  expect(await list()).toMatchObject([{ id, ended: { exitCode: 3, cause: 'closed' } }]);
  const { open } = await server.open('SessionRecord', { path: { id }, query: {} });
  const recorder = new Attached(open).read();
  await recorder.ended;

  expect(recorder.shown).toBe('the last words');
  expect(await list()).toEqual([]);
});

test('one person has at most 16 sessions of a host, and of those that have ended the last 32 are kept', async () => {
  const shells = new Map<string, Shell>();
  const start = async (number: number, caller: Caller): Promise<string> => {
    const exec = number.toString(16).padStart(64, '0');
    await engineClient(engine, { caller }).call('SessionStart', { path: { id: exec } });
    return exec;
  };
  const engine = opened.use(
    sessionEngine((request) => {
      const exec = /[0-9a-f]{64}/.exec(request.target)?.[0] ?? '';
      if (!exec.startsWith('0')) return new Shell().engine(request);
      const shell = shells.get(exec) ?? new Shell(exec);
      shells.set(exec, shell);
      return shell.engine(request);
    }, usualHost),
  );
  for (let number = 1; number <= 16; number++) await start(number, ada);
  await expect(start(17, ada)).rejects.toMatchObject({ code: 'exhausted', message: expect.stringContaining('ada has 16') as string });
  await start(17, bob);
  const server = engineClient(engine, { caller: { kind: 'gantry', part: 'server' } });
  for (let number = 18; number < 60; number++) {
    const exec = await start(number, bob);
    await server.call('SessionEnd', { path: { id: exec }, query: { cause: 'ended' } });
  }
  const listed = await (await server.call('SessionList')).json<{ id: string; ended?: object }[]>();
  const ended = listed.filter((one) => one.ended).map((one) => Number.parseInt(one.id, 16));
  expect(ended).toEqual(Array.from({ length: 32 }, (_, index) => 28 + index));
});

test('a guest who reads nothing holds the program back for nobody', async () => {
  const setting = await started();
  const own = (await attach(setting)).read();
  await attach(setting, { row: 'SessionWatch', caller: bob });
  const startMs = performance.now();
  for (let piece = 0; piece < 40; piece++) await setting.shell.say('x'.repeat(64 * 1024));
  await eventually(() => expect(own.shown.length).toBe(40 * 64 * 1024));
  // Less than a guest who keeps nobody waiting is given to catch up.
  expect(performance.now() - startMs).toBeLessThan(9000);
});

test('a session that nobody is attached to ends after the time that the server has set; a recorder is nobody', async () => {
  const setting = await started();
  const own = (await attach(setting)).read();
  const { open } = await setting.as({ kind: 'gantry', part: 'recorder' }).open('SessionRecord', { path: { id }, query: { keep: 1 } });
  const recorder = new Attached(open).read();
  await new Promise((resolve) => setTimeout(resolve, 1200));
  expect(recorder.note('ended')).toBeUndefined();
  await own.leave();
  await recorder.ended;

  expect(recorder.notes.at(-1)).toEqual({ kind: 'ended', exitCode: 3, cause: 'unattended' });
});

test('a flood waits for a slow reader and arrives whole, many times as long as what is kept', async () => {
  const setting = await started();
  const slow = (await attach(setting)).read();
  const sent = createHash('sha256');
  for (let piece = 0; piece < 64; piece++) {
    const text = Array.from({ length: 65 }, (_, line) => `${piece}-${line}${'x'.repeat(990)}\n`).join('');
    sent.update(text);
    await setting.shell.say(text);
  }
  await setting.as(ada).call('SessionClose', { path: { id } });
  await slow.ended;

  expect(slow.note('skipped')).toBeUndefined();
  expect(createHash('sha256').update(slow.shown).digest('hex')).toBe(sent.digest('hex'));
  // Whoever comes now gets the last of it, from the start of a line.
  const late = (await attach(setting)).read();
  await late.ended;
  expect(late.shown.length).toBeLessThanOrEqual(1024 * 1024);
  expect([slow.shown.endsWith(late.shown), /^\d+-\d+x/.test(late.shown)]).toEqual([true, true]);
});

test('what is typed all at once arrives whole and in order', async () => {
  const setting = await started();
  const own = (await attach(setting)).read();
  const pasted = Buffer.alloc(3 * 1024 * 1024, 'abcdefghijklmnopqrstuvwxyz0123456789\n');
  for (let at = 0; at < pasted.length; at += 30_000) own.typing.offer(sessionBytes(pasted.subarray(at, at + 30_000)));

  await eventually(() => expect(setting.shell.typed.length).toBe(pasted.length));
  expect(setting.shell.typed).toBe(pasted.toString());
});

test.each([
  ['an exec without a terminal', { caller: ada, exec: piped, code: 'invalid' }],
  ['one that is open', { caller: ada, exec: id, code: 'conflict' }],
  ['one that no person opens', { caller: { kind: 'gantry', part: 'x' } as const, exec: 'a'.repeat(64), code: 'forbidden' }],
])('%s is not opened', async (_what, { caller, exec, code }) => {
  const { as } = await started();
  await expect(as(caller).call('SessionStart', { path: { id: exec } })).rejects.toMatchObject({ code });
});

test('the server alone records, and what is no frame ends the attach of whoever sends it', async () => {
  const setting = await started();
  await expect(attach(setting, { row: 'SessionRecord' })).rejects.toMatchObject({ code: 'forbidden' });
  const own = (await attach(setting)).read();
  own.typing.offer(Buffer.from('\x07aaaaaaaa'));
  await own.ended;
  expect(own.note('ended')).toBeUndefined();
});

test('a session has a size that a terminal can have, whatever is asked for', async () => {
  const shell = new Shell();
  const engine = opened.use(sessionEngine(shell.engine, usualHost));
  const answer = await engineClient(engine, { caller: ada }).call('SessionStart', { path: { id }, query: { w: 1e15, h: -3 } });
  expect(await answer.json()).toMatchObject({ columns: 1000, rows: 1 });
});

test('so many people are let in that all of them fit into a note, and the owner finds a place among guests', async () => {
  const setting = await started();
  for (let count = 0; count < 24; count++) await attach(setting, { row: 'SessionWatch', caller: bob });
  await expect(attach(setting, { row: 'SessionJoin', caller: bob })).rejects.toMatchObject({ code: 'exhausted' });
  for (let count = 0; count < 8; count++) await attach(setting);
  await expect(attach(setting)).rejects.toMatchObject({ code: 'exhausted' });
  const { open } = await setting.as({ kind: 'gantry', part: 'recorder' }).open('SessionRecord', { path: { id }, query: {} });
  const recorder = new Attached(open).read();
  await eventually(() => expect(recorder.note('present')).toMatchObject({ people: { length: 32 } }));
});

test('a recorder that comes anew again and again does not make an unattended session last longer', async () => {
  const setting = await started();
  const startMs = performance.now();
  let isOver = false;
  while (!isOver && performance.now() - startMs < 40_000) {
    const { open } = await setting.as({ kind: 'gantry', part: 'recorder' }).open('SessionRecord', { path: { id }, query: { keep: 1 } });
    const recorder = new Attached(open).read();
    await new Promise((resolve) => setTimeout(resolve, 300));
    isOver = recorder.note('ended') !== undefined;
    await recorder.leave();
  }
  expect(isOver).toBe(true);
});
