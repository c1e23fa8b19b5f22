import type { Command } from '../command-line.ts';
import { environmentOf, readSettings } from '../config.ts';
import { run } from '../machine/run-program.ts';
import { commandOf } from '../parts/part.ts';
import { Trouble } from '../trouble.ts';
import { installing, roots } from './flags.ts';
import { prepareServer } from './prepare.ts';

export const secretsKey: Command = {
  summary: 'change the key that seals secrets in the database; beside a running server or without one',
  words: 'rotate',
  mostWords: 1,
  flags: { ...roots, ...installing },
  explanation:
    'rotate puts a new key in front of the key file and seals everything that is stored again with it; cut off anywhere, nothing is lost, and it can be\nrun again. docs/operations/sign-in.md has more.',
  run: async ({ flags, words: [word] }) => {
    if (word !== 'rotate')
      throw new Trouble(word === undefined ? 'secrets-key needs a word: rotate' : `secrets-key does not know what to do with ${word}`, 2);
    const settings = readSettings(flags);
    await prepareServer(settings);
    const args = commandOf({ name: 'server', args: ['secrets-key', 'rotate'] });
    return run(process.execPath, args, { environment: environmentOf(settings) });
  },
};
