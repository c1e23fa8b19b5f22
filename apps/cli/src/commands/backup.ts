import {
  chmodSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Command } from '../command-line.ts';
import { readSettings, type Settings } from '../config.ts';
import { runQuietly } from '../machine/run-program.ts';
import { say } from '../say.ts';
import { Trouble } from '../trouble.ts';
import { roots } from './flags.ts';

/** What a server is, apart from its program: the database, and the keys and certificates. */
const kept = ['server', 'postgres'];
/** What no server is without. */
const identity = 'server/identity.key';
/** What the next start makes again: the programs of PostgreSQL (their folder is their version), and who runs them. */
const leftOut = ['postgres/[0-9]*', 'postgres/supervisor.pid', 'postgres/data-*/postmaster.pid', 'postgres/*.partial'];

export const backup: Command = {
  summary: 'write the database and the keys of a stopped server to a file',
  words: 'FILE',
  mostWords: 1,
  flags: roots,
  explanation: 'The file holds keys: its mode is 0600. With DATABASE_URL it holds the keys alone; the database is backed up where it runs.',
  run: async ({ flags, words }) => {
    const settings = readSettings(flags);
    const file = fileOf(words[0], 'backup');
    refuseRunning(settings);
    const present = kept.filter((name) => existsSync(join(settings.dataRoot, name)));
    if (present.length === 0) throw new Trouble(`there is no server in ${settings.dataRoot}: nothing to back up`);
    const partial = `${file}.partial`;
    try {
      writeFileSync(partial, '', { mode: 0o600 }); // it holds keys: closed to others from its first byte
      chmodSync(partial, 0o600);
      const without = leftOut.map((pattern) => `--exclude=${pattern}`);
      const options = ['--create', '--gzip', '--numeric-owner', '--file', partial, '--directory', settings.dataRoot];
      await tar([...options, '--anchored', ...without, ...present]);
      renameSync(partial, file);
    } finally {
      rmSync(partial, { force: true });
    }
    const isWhole = present.includes('postgres') && settings.databaseUrl === undefined;
    say(
      `${file} holds the ${isWhole ? 'database and the keys' : 'keys; the database is elsewhere (pg_dump it there)'} of ${settings.dataRoot}`,
    );
    return 0;
  },
};

export const restore: Command = {
  summary: 'bring back what backup wrote, into a data root without a server',
  words: 'FILE',
  mostWords: 1,
  flags: roots,
  run: async ({ flags, words }) => {
    const settings = readSettings(flags);
    const file = fileOf(words[0], 'restore');
    if (!existsSync(file)) throw new Trouble(`${file} does not exist`);
    refuseRunning(settings);
    const present = kept.find((name) => existsSync(join(settings.dataRoot, name)));
    if (present !== undefined) throw new Trouble(`${join(settings.dataRoot, present)} exists: move it away first; nothing was changed`);
    await refuseForeign(file);
    await unpack(file, settings.dataRoot);
    say(`${settings.dataRoot} is as it was when ${file} was written; start it with ./gantry up`);
    return 0;
  },
};

/** Unpacks beside and moves into place, so that a damaged file leaves nothing behind. */
async function unpack(file: string, dataRoot: string): Promise<void> {
  mkdirSync(dataRoot, { recursive: true, mode: 0o711 });
  const partial = join(dataRoot, `.restore-${process.pid}`);
  mkdirSync(partial, { mode: 0o700 });
  try {
    await tar(['--extract', '--gzip', '--numeric-owner', '--preserve-permissions', '--file', file, '--directory', partial]);
    for (const name of readdirSync(partial)) renameSync(join(partial, name), join(dataRoot, name));
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

/** A file that holds anything but what backup writes is no backup. Links and devices could lead out of the data root. */
async function refuseForeign(file: string): Promise<void> {
  const { status, output } = await runQuietly('tar', ['--list', '--verbose', '--numeric-owner', '--gzip', '--file', file]);
  if (status !== 0) {
    const reason = output.split('\n').find((line) => /^(gzip|tar): /.test(line)) ?? 'tar cannot read it';
    throw new Trouble(`${file} is cut off, damaged or no backup of Gantry (${reason}); nothing was changed`);
  }
  const entries = output.split('\n').filter((line) => line !== '');
  const foreign = entries.find((line) => !belongs(line));
  if (foreign !== undefined) throw new Trouble(`${file} is no backup of Gantry: it holds ${nameIn(foreign)}; nothing was changed`);
  if (!entries.some((line) => nameIn(line) === identity)) {
    throw new Trouble(`${file} is no backup of Gantry: it lacks ${identity}; nothing was changed`);
  }
}

/** A line of tar's: mode, owner, size, day, time, name. */
function belongs(line: string): boolean {
  const path = nameIn(line).split('/');
  return /^[-d]/.test(line) && kept.includes(path[0] ?? '') && !path.includes('..');
}

function nameIn(line: string): string {
  return line.replace(/^(\S+\s+){5}/, '');
}

/** A running PostgreSQL would change its files while they are copied. */
function refuseRunning({ dataRoot }: Settings): void {
  const [running] = globSync(join(dataRoot, 'postgres', '*', 'postmaster.pid')).filter(isAlive);
  if (running !== undefined) throw new Trouble(`the server of ${dataRoot} is running: stop it first`);
}

/** PostgreSQL works in its data directory. After a power cut another process may have the number that its file names. */
function isAlive(pidFile: string): boolean {
  const [pid = ''] = readFileSync(pidFile, 'utf8').split('\n', 1);
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(dirname(pidFile));
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EACCES'; // there, and not ours to look at
  }
}

function fileOf(word: string | undefined, command: string): string {
  if (word === undefined) throw new Trouble(`${command} needs the name of a file`, 2);
  return resolve(word);
}

async function tar(args: readonly string[]): Promise<string> {
  const { status, output } = await runQuietly('tar', args);
  if (status !== 0) throw new Trouble(`tar failed for ${basename(args[args.indexOf('--file') + 1] ?? '')}: ${output.trim()}`);
  return output;
}
