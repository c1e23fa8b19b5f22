import type { Command } from '../command-line.ts';
import { environmentOf, readSettings, type Settings } from '../config.ts';
import { run } from '../machine/run-program.ts';
import { commandOf } from '../parts/part.ts';
import { Trouble, troubleOf } from '../trouble.ts';
import { installing, roots } from './flags.ts';
import { prepareServer } from './prepare.ts';

/** No answer; 0 and 1 are answers. */
const noAnswer = 2;

export const why: Command = {
  summary: 'tell why somebody may do something, or what is missing and whom to ask; beside a running server or without one',
  words: '<user> <action> <object>',
  mostWords: 3,
  flags: { ...roots, ...installing },
  explanation:
    'As: gantry why anna container:start container/fra1/web. An action is a permission, as docs/guide/access.md lists them; an object is installation,\nhost/<host> or container|image|network|volume|stack/<host>/<name>. Ends with 0 for may, 1 for may not, 2 where there is no answer.',
  run: async ({ flags, words }) => {
    const missing = ['<user>', '<action>', '<object>'][words.length];
    if (missing !== undefined) throw new Trouble(`why needs ${missing}: gantry why <user> <action> <object>`, noAnswer);
    const settings = readSettings(flags);
    await prepare(settings);
    const args = commandOf({ name: 'server', args: ['why', ...words] });
    return run(process.execPath, args, { environment: environmentOf(settings) });
  },
};

/** A machine that is not ready is no answer either. */
async function prepare(settings: Settings): Promise<void> {
  try {
    await prepareServer(settings);
  } catch (thrown) {
    const trouble = troubleOf(thrown);
    throw trouble ? new Trouble(trouble.message, noAnswer) : thrown;
  }
}
