import { Failure } from '@gantry/base';
import { type Engine, type EngineRequest, hijack, json, noBytes } from '@gantry/engine-api';
import { recordedEngine } from './recorded-engine.ts';
import type { OpenRecording } from './terminal-recorder.ts';

const exec = 'e'.repeat(64);
const inspected = { ContainerID: 'c', Id: 'c', Name: '/web', ProcessConfig: { tty: true, entrypoint: 'sh' }, Config: { Tty: true } };

interface Stage {
  /** What became of recordings, in order. */
  readonly told: string[];
  readonly start: (signal: AbortSignal) => ReturnType<Engine>;
}

/** A recorder that writes down what it is told, before an engine that starts an exec as the test says. */
function stage(start: Engine): Stage {
  const told: string[] = [];
  const recording: OpenRecording = {
    output: (bytes) => Promise.resolve(void told.push(`output ${Buffer.from(bytes).toString()}`)),
    mark: (words) => void told.push(`mark ${words.slice(0, 33)}`),
    discard: () => Promise.resolve(void told.push('discard')),
    close: () => Promise.resolve(void told.push('close')),
  };
  const recorder = { open: () => Promise.resolve(recording), resized: () => undefined };
  const engine: Engine = (request) => (request.method === 'GET' ? Promise.resolve(json(200, inspected)) : start(request));
  const recorded = recordedEngine({ engine, host: 'h', recorder });
  const request: Omit<EngineRequest, 'signal'> = {
    ...{ method: 'POST', target: `/exec/${exec}/start`, headers: new Map(), upgrade: 'tcp', body: noBytes },
    caller: { kind: 'person', id: 'ada', name: 'ada', requestId: 'r' },
  };
  return { told, start: (signal) => recorded({ ...request, signal }) };
}

const shell = hijack({}, async function* () {
  yield await Promise.resolve(Buffer.from('$ '));
});
const unseen = ['mark whoever opened it was gone before', 'close'];

test('a terminal is recorded to its end; one that is refused leaves no recording', async () => {
  const { told, start } = stage(() => Promise.resolve(shell));
  const response = await start(new AbortController().signal);
  if (response.kind !== 'hijacked') throw new Error('it was not opened');
  await Array.fromAsync(response.open(noBytes));
  expect(told).toEqual(['output $ ', 'close']);

  const refused = stage(() => Promise.resolve(json(409, { message: 'it is not running' })));
  expect(await refused.start(new AbortController().signal)).toMatchObject({ status: 409 });
  expect(refused.told).toEqual(['discard']);
});

test('whoever leaves while it is being started leaves its recording, for its program may run', async () => {
  const leaving = new AbortController();
  const { told, start } = stage(
    ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Failure('cancelled', 'gone')));
        leaving.abort();
      }),
  );
  await expect(start(leaving.signal)).rejects.toMatchObject({ code: 'cancelled' });
  expect(told).toEqual(unseen);
});

test('whoever leaves when it has started, before it is shown, leaves its recording and is shown nothing', async () => {
  const leaving = new AbortController();
  const { told, start } = stage(() => Promise.resolve(shell));
  const response = await start(leaving.signal);
  if (response.kind !== 'hijacked') throw new Error('it was not opened');
  leaving.abort(new Failure('cancelled', 'gone'));
  await expect(Array.fromAsync(response.open(noBytes))).rejects.toThrow('gone');
  expect(told).toEqual(unseen);
});

test('whoever has left before it was asked for opens nothing', async () => {
  let isAsked = false;
  const { told, start } = stage(() => {
    isAsked = true;
    return Promise.resolve(shell);
  });
  const leaving = new AbortController();
  const inspecting = start(leaving.signal);
  leaving.abort(new Failure('cancelled', 'gone'));
  await expect(inspecting).rejects.toThrow('gone');
  expect([isAsked, told.filter((one) => one !== 'discard')]).toEqual([false, []]);
});
