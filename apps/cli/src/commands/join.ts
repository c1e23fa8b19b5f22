import type { Command } from '../command-line.ts';
import { environmentOf, readSettings } from '../config.ts';
import { run } from '../machine/run-program.ts';
import { commandOf } from '../parts/part.ts';
import { say } from '../say.ts';
import { Trouble } from '../trouble.ts';
import { choosing, installing, roots } from './flags.ts';
import { wordsFor } from './one-part.ts';
import { prepareAgent } from './prepare.ts';

export const join: Command = {
  summary: 'make this host one of a server: reads the join code from a file or standard input',
  flags: {
    url: { value: 'URL', help: 'the address of the server' },
    'code-file': { value: 'FILE', help: 'a file that holds the code; standard input otherwise' },
    ...choosing,
    ...roots,
    ...installing,
  },
  explanation:
    '"Add host" in the browser makes the code: it works once, for an hour. It is no argument, where other users could read it. The engine kind that is chosen here stays: ./gantry agent needs not be told again.',
  run: async ({ flags }) => {
    if (flags['url'] === undefined) throw new Trouble('join needs --url, the address of the server', 2);
    const settings = readSettings(flags);
    await prepareAgent(settings);
    const args = ['join', '--url', settings.url ?? '', ...wordsFor(flags, ['code-file'])];
    const status = await run(process.execPath, commandOf({ name: 'agent', args }), { environment: environmentOf(settings) });
    if (status === 0) {
      const again = wordsFor(flags, ['docker-socket', 'data-root', 'run-root']).map((word) => ` ${word}`);
      const flagged = again.join('');
      say(
        `next: ./gantry agent${flagged} runs the agent, ./gantry install agent${flagged} leaves that to systemd; one that runs already: restart it`,
      );
    }
    return status;
  },
};
