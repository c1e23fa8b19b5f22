import { maskDockerfileLine, maskRecord, maskText, maskVariable, maskWords, refuseMasks } from './masks.ts';

test.each([
  ['postgres://ada:hunter2@db/x', 'postgres://ada:********@db/x'],
  ['run --db-password hunter2 now', 'run --db-password ******** now'],
  ['PASSWORD=hunter2 run', 'PASSWORD=******** run'],
  ['{"apiKey":"hunter2"}', '{"apiKey":"********"}'],
  ['nothing to hide: sha256:abc', 'nothing to hide: sha256:abc'],
])('of %s is shown %s', (text, shown) => {
  expect(maskText(text)).toBe(shown);
});

test('a word after an option of a secret, a label named like one and every variable are masked', () => {
  expect(maskWords(['--token', 'hunter2', '--user', 'ada'])).toEqual(['--token', '********', '--user', 'ada']);
  expect(maskRecord({ 'app.secret': 'hunter2', team: 'red' })).toEqual({ 'app.secret': '********', team: 'red' });
  expect(['A=b=c', 'EMPTY'].map(maskVariable)).toEqual(['A=********', 'EMPTY']);
  expect(maskDockerfileLine('ENV TOKEN=hunter2 B="x y"')).toBe('ENV TOKEN=******** B=********');
  expect(maskDockerfileLine('RUN |1 arg=hunter2 /bin/sh -c ls')).toContain('ls');
});

test('a mask that comes back is refused wherever it stands', () => {
  expect(() => refuseMasks({ Env: ['A=b'], Labels: { a: 'b' } })).not.toThrow();
  expect(() => refuseMasks({ Env: ['TOKEN=********'] })).toThrow('Env: ******** stands for a hidden value and cannot be set (TOKEN)');
  expect(() => refuseMasks({ HostConfig: { LogConfig: { Config: { key: '********' } } } })).toThrow('HostConfig.LogConfig.Config.key');
});
