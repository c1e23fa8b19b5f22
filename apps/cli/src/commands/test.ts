import type { Command } from '../command-line.ts';
import { installPackages } from '../machine/install-packages.ts';
import { makeReady } from '../machine/make-ready.ts';
import { testNeeds } from '../machine/packages.ts';
import { run } from '../machine/run-program.ts';
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
    const checked = words.length > 0 ? 0 : await run('npm', ['run', 'check']);
    return checked === 0 ? run('npm', ['test', '--', ...words]) : checked;
  },
};
