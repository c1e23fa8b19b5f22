import { type PullProgress, pullProgress } from './pull-progress.ts';

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(new TextEncoder().encode(text));
}

async function collect(...texts: string[]): Promise<PullProgress[]> {
  const seen = [];
  for await (const progress of pullProgress(chunks(...texts))) seen.push(progress);
  return seen;
}

test('layers are added up, also where a line is cut between chunks', async () => {
  const seen = await collect(
    '{"status":"Pulling from library/nginx","id":"latest"}\n{"status":"Pulling fs layer","id":"a"}\n{"status":"Down',
    'loading","id":"a","progressDetail":{"current":50,"total":100}}\n{"status":"Already exists","id":"b"}\n',
    '{"status":"Pull complete","id":"a","progressDetail":{}}\n{"status":"Digest: sha256:1"}',
  );
  expect(seen.at(1)).toEqual({ done: 0, layers: 1, bytes: 50, totalBytes: 100 });
  expect(seen.at(-1)).toEqual({ done: 2, layers: 2, bytes: 100, totalBytes: 100 });
});

test('what the engine says went wrong is thrown in its words', async () => {
  await expect(collect('{"error":"manifest unknown","errorDetail":{"message":"manifest unknown"}}\n')).rejects.toThrow('manifest unknown');
});
