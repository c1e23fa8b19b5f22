import type { Command } from '../command-line.ts';
import { installPackages } from '../machine/install-packages.ts';
import { makeReady } from '../machine/make-ready.ts';
import { testNeeds } from '../machine/packages.ts';
import { run, runQuietly } from '../machine/run-program.ts';
import { whatIsMissing } from '../machine/what-is-missing.ts';
import { installing } from './flags.ts';

export const test: Command = {
  summary: 'check the sources and run all tests, or the tests that match the words',
  words: '[pattern…]',
  mostWords: 100,
  flags: installing,
  explanation: 'Installs what the tests need (Debian packages) and says so.',
  run: async ({ flags, words }) => {
    const mayInstall = flags['no-install'] !== true;
    await installPackages(whatIsMissing(testNeeds), mayInstall);
    await makeReady(mayInstall);
    const [tested, checked] = await Promise.all([run(process.execPath, ['tools/test.mjs', ...words]), words.length > 0 ? 0 : check()]);
    return tested || checked;
  },
};

/** The tests leave a fifth of two cores idle while they wait for what they started: the checks take no more than that. */
async function check(): Promise<number> {
  const { status, output } = await runQuietly('nice', ['-n', '19', 'npm', 'run', 'checks']);
  process.stdout.write(`${output}gantry: the sources were checked: ${status === 0 ? 'nothing found' : `failed with status ${status}`}\n`);
  return status;
}
