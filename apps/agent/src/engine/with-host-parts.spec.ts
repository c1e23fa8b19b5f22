import { type Caller, type Engine, noBytes, text } from '@gantry/engine-api';
import { withHostParts } from './with-host-parts.ts';

const person: Caller = { kind: 'person', id: 'p', name: 'ada', requestId: 'r' };
const process: Caller = { kind: 'process', uid: 0 };

async function answering(target: string, caller: Caller, engine: Engine): Promise<string> {
  const { signal } = new AbortController();
  const response = await engine({ method: 'GET', target, headers: new Map(), upgrade: 'none', body: noBytes, caller, signal });
  if (response.kind !== 'plain') throw new Error('not plain');
  return Buffer.from(response.body as Uint8Array).toString();
}

test('what Docker knows goes to it, what it does not is loaded once and answered here', async () => {
  let loaded = 0;
  let closed = 0;
  const docker: Engine = () => Promise.resolve(text(200, 'docker'));
  const engine = withHostParts(docker, () => {
    loaded++;
    const own: Engine = () => Promise.resolve(text(200, 'own'));
    return Promise.resolve(
      Object.assign(own, {
        [Symbol.asyncDispose]: () => {
          closed++;
          return Promise.resolve();
        },
      }),
    );
  });

  for (const target of ['/v1.51/containers/json', '/containers/a/archive?path=/', '/containers/a/archives', '/info'])
    expect([target, await answering(target, process, engine)]).toEqual([target, 'docker']);
  expect(loaded).toBe(0);
  for (const target of ['/gantry/topology', '/gantry/volumes/v/files?path=/', '/v1.41/containers/a/archive?path=/'])
    expect([target, await answering(target, person, engine)]).toEqual([target, 'own']);
  expect(await answering('/containers/json', person, engine)).toBe('docker');
  await engine[Symbol.asyncDispose]();
  expect([loaded, closed]).toEqual([1, 1]);
});

test('what could not be loaded is tried again', async () => {
  let tries = 0;
  const engine = withHostParts(
    () => Promise.resolve(text(200, 'docker')),
    () =>
      ++tries === 1
        ? Promise.reject(new Error('not now'))
        : Promise.resolve(Object.assign(() => Promise.resolve(text(200, 'own')), { [Symbol.asyncDispose]: () => Promise.resolve() })),
  );
  await expect(answering('/gantry/topology', person, engine)).rejects.toThrow('not now');
  expect(await answering('/gantry/topology', person, engine)).toBe('own');
});
