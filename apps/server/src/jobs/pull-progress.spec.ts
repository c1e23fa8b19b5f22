import { PullProgress } from './pull-progress.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('the bytes of all layers are added up, wherever lines are cut', () => {
  const progress = new PullProgress();
  const lines =
    '{"status":"Pulling from library/nginx","id":"1"}\n' +
    '{"status":"Downloading","id":"a","progressDetail":{"current":1,"total":4}}\n' +
    '{"status":"Downloading","id":"b","progressDetail":{"current":2,"total":6}}\n' +
    '{"status":"Download complete","id":"a"}\n';
  for (let at = 0; at < lines.length; at += 7) progress.take(bytes(lines.slice(at, at + 7)));

  expect(progress.now).toEqual({
    progress: { bytes: 6, totalBytes: 10 },
    layers: [
      { id: 'a', step: 'downloaded', currentBytes: 4, totalBytes: 4 },
      { id: 'b', step: 'downloading', currentBytes: 2, totalBytes: 6 },
    ],
  });
});

test('what an engine says went wrong is thrown at the end', () => {
  const progress = new PullProgress();
  progress.take(bytes('{"error":"manifest unknown"}'));

  expect(() => progress.end()).toThrow('manifest unknown');
});

test('an answer that is no lines of JSON says nothing', () => {
  const progress = new PullProgress();
  progress.take(bytes('[1]\nnonsense\nnull\n'));
  progress.end();

  expect(progress.now).toEqual({});
});
