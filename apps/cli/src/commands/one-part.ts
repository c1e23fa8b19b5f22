import type { Command } from '../command-line.ts';
import { environmentOf, type Flags, readSettings } from '../config.ts';
import { greeting, wordsOf } from '../parts/announce.ts';
import { commandOf, environmentOfPart, orderToStop, Part, type PartProgram } from '../parts/part.ts';
import { root } from '../machine/run-program.ts';
import { say } from '../say.ts';
import { Trouble } from '../trouble.ts';
import { choosing, installing, roots, serving } from './flags.ts';
import { prepareAgent, prepareServer } from './prepare.ts';
import { refuseUnsafe } from './up.ts';

export const server: Command = {
  summary: 'run the server alone',
  flags: { ...serving, ...roots, ...installing },
  explanation: 'DATABASE_URL names a PostgreSQL to use in place of the embedded one.',
  run: async ({ flags }) => {
    const settings = readSettings(flags);
    refuseUnsafe(settings);
    await prepareServer(settings);
    return become({ name: 'server', args: [], environment: environmentOf(settings) });
  },
};

export const agent: Command = {
  summary: "run this host's agent alone",
  flags: {
    'code-file': { value: 'FILE', help: 'where a join code appears, for a host that has not joined yet' },
    ...choosing,
    ...roots,
    ...installing,
  },
  explanation: 'GANTRY_SERVER_URL is the address of the server, where it is another than the one joined.',
  run: async ({ flags }) => {
    const settings = readSettings(flags);
    const engine = await prepareAgent(settings);
    return become({ name: 'agent', engine, args: wordsFor(flags, ['code-file']), environment: environmentOf(settings) });
  },
};

export const engine: Command = {
  summary: 'run the native engine alone on a unix socket, for docker and other clients; or verify its images',
  words: '[verify]',
  mostWords: 1,
  explanation:
    'verify hashes what is stored of images again, fetches damaged blobs from their registries and unpacks damaged layers anew. The engine must not run; containers may.',
  flags: {
    socket: { value: 'PATH', help: 'the socket; docker.sock in the run root' },
    ...roots,
    'config-file': { value: 'FILE', help: "settings with the keys of Docker's daemon.json" },
    ...installing,
  },
  run: async ({ flags, words: [word] }) => {
    if (word !== undefined && word !== 'verify') throw new Trouble(`engine does not know what to do with ${word}`, 2);
    const settings = readSettings({ ...flags, engine: 'native' });
    await prepareAgent(settings);
    const given = { ...flags, 'data-root': settings.dataRoot, 'run-root': settings.runRoot };
    const names = [...(word === undefined ? ['socket'] : []), 'data-root', 'run-root', 'config-file'];
    return become({ name: 'agent', args: [word ?? 'engine', ...wordsFor(given, names)], environment: environmentOf(settings) });
  },
};

/** Flags as the part is given them again. */
export function wordsFor(flags: Flags, names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const value = flags[name];
    return typeof value === 'string' ? [`--${name}`, value] : [];
  });
}

/** At a terminal: runs the part and says what it does. Else this process becomes the part: whoever supervises it sees one process. */
async function become(program: PartProgram): Promise<number> {
  if (process.stdout.isTTY) return show(program);
  process.chdir(root);
  process.execve?.(process.execPath, [process.execPath, ...commandOf(program)], environmentOfPart(program));
  return show(program);
}

async function show(program: PartProgram): Promise<number> {
  const ordered = orderToStop();
  const part = new Part(program, (event) => {
    const words = event.event === 'listening' ? greeting(event) : wordsOf(program.name, event);
    if (words !== undefined) say(words);
  });
  void ordered.then(() => part.stop());
  return part.ended;
}
