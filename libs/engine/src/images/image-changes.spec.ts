import { commitConfig } from './commit-config.ts';
import { changedConfig } from './image-changes.ts';

const env = (line: string, before: readonly string[] = []): readonly string[] | null | undefined =>
  changedConfig({ Env: before }, [line]).Env;

test.each([
  ['ENV a=b', ['a=b']],
  ['ENV a="b c" d=\'$a\' e=\\$a', ['a=b c', 'd=$a', 'e=$a']],
  ['ENV old style  value', ['old=style  value']],
  ['ENV a=${h} b=${none:-x$h} c=${h:+set} d=$none.', ['a=1', 'b=x1', 'c=set', 'd=.']],
  ['ENV h=2', ['h=2']],
  ['# a comment\nENV a=b \\\n  c=d\n\nENV e=f', ['a=b', 'c=d', 'e=f']],
])('%j sets variables as a Dockerfile does', (line, expected) => {
  expect(env(line, ['h=1'])).toEqual(line.includes('h=2') ? expected : ['h=1', ...expected]);
});

test.each([
  ['CMD ["a", "b"]', { Cmd: ['a', 'b'] }],
  ["CMD ['a']", { Cmd: ['/bin/sh', '-c', "['a']"] }],
  ['entrypoint a b', { Entrypoint: ['/bin/sh', '-c', 'a b'], Cmd: null }],
  ['WORKDIR ../x', { WorkingDir: '/x' }],
  ['HEALTHCHECK NONE', { Healthcheck: { Test: ['NONE'] } }],
  ['HEALTHCHECK --timeout=1m30s CMD ["a"]', { Healthcheck: { Test: ['CMD', 'a'], Timeout: 90e9 } }],
  ['LABEL a b c', { Labels: { a: 'b c' } }],
  ['EXPOSE 80/UDP', { ExposedPorts: { '80/udp': {} } }],
])('%s changes the configuration', (line, expected) => {
  expect(changedConfig({}, [line])).toMatchObject(expected);
});

test.each([
  ["ENV a='b", 'unexpected end of statement while looking for matching single-quote'],
  ['ENV a=b c', `Syntax error - can't find = in "c". Must be of the form: name=value`],
  ['ENV a=${b', "missing '}'"],
  ['HEALTHCHECK --interval=x CMD a', 'invalid duration'],
  ['EXPOSE 9-8', 'Invalid containerPort: 9-8'],
  ['MAINTAINER me', 'maintainer is not a valid change command'],
])('%s is refused', (line, message) => {
  expect(() => changedConfig({}, [line])).toThrow(message);
});

test('another entrypoint brings no command of the container', () => {
  const container = { Cmd: ['old'], Entrypoint: ['e'], Healthcheck: { Test: ['CMD', 'a'], Retries: 2 } };
  expect(commitConfig(container, undefined, ['ENTRYPOINT ["new"]'])).toMatchObject({ Entrypoint: ['new'], Cmd: null });
  expect(commitConfig(container, {}, [])).toMatchObject({ Entrypoint: ['e'], Cmd: ['old'], Healthcheck: { Retries: 2 } });
});
