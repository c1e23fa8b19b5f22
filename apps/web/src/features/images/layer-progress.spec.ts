import { Failure } from '@gantry/base';
import { layerProgress, type PullState } from './layer-progress.ts';

async function statesOf(...lines: object[]): Promise<PullState[]> {
  async function* body() {
    const text = lines.map((line) => `${JSON.stringify(line)}\r\n`).join('');
    for (const part of [text.slice(0, 7), text.slice(7)]) yield await Promise.resolve(new TextEncoder().encode(part));
  }
  return Array.fromAsync(layerProgress(body()));
}

test('each layer is told with its step and bytes, in the order of the engine, and what is about no layer beside them', async () => {
  const states = await statesOf(
    { status: 'Pulling from library/nginx', id: '1.29' },
    { status: 'Pulling fs layer', id: 'a' },
    { status: 'Already exists', id: 'b' },
    { status: 'Downloading', id: 'a', progressDetail: { current: 10, total: 40 } },
    { status: 'Download complete', id: 'a' },
    { status: 'Extracting', id: 'a', progressDetail: { current: 20, total: 40 } },
    { status: 'Pull complete', id: 'a' },
    { status: 'Status: Downloaded newer image for nginx:1.29' },
  );
  expect(states[3]?.layers).toEqual([
    { id: 'a', step: 'downloading', currentBytes: 10, totalBytes: 40 },
    { id: 'b', step: 'present', currentBytes: 0, totalBytes: 0 },
  ]);
  expect(states[5]?.layers[0]).toEqual({ id: 'a', step: 'extracting', currentBytes: 20, totalBytes: 40 });
  expect(states.at(-1)).toEqual({
    layers: [
      { id: 'a', step: 'complete', currentBytes: 40, totalBytes: 40 },
      { id: 'b', step: 'present', currentBytes: 0, totalBytes: 0 },
    ],
    said: 'Status: Downloaded newer image for nginx:1.29',
  });
});

test('what the engine says went wrong is thrown', async () => {
  await expect(statesOf({ errorDetail: { message: 'no space left' }, error: 'no space left' })).rejects.toEqual(
    new Failure('invalid', 'no space left'),
  );
});
