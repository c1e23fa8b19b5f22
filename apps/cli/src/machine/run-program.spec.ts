import { run, runQuietly } from './run-program.ts';

test('a program that is not there is named in one sentence', async () => {
  await expect(runQuietly('gantry-has-no-such-program', [])).rejects.toMatchObject({
    name: 'Trouble',
    message: 'gantry-has-no-such-program could not be started: spawn gantry-has-no-such-program ENOENT',
  });
  await expect(run('gantry-has-no-such-program', [])).rejects.toMatchObject({ name: 'Trouble' });
});

test('what a program prints is kept, with how it ended', async () => {
  expect(await runQuietly('sh', ['-c', 'cat; echo err >&2; exit 3'], { input: 'in ' })).toEqual({ status: 3, output: 'in err\n' });
});
