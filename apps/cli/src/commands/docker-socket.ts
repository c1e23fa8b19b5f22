import { lstatSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from '../command-line.ts';
import { readSettings } from '../config.ts';
import { say } from '../say.ts';
import { Trouble } from '../trouble.ts';
import { roots } from './flags.ts';

/** Where the docker CLI and its friends look. */
export const dockersPath = '/var/run/docker.sock';

export const dockerSocket: Command = {
  summary: "let docker and compose on this host find Gantry's engine",
  words: 'enable|disable',
  mostWords: 1,
  flags: roots,
  explanation: `enable links ${dockersPath} to Gantry's engine if nothing is there; disable removes that link and nothing else. A boot takes the link away too.`,
  run: ({ flags, words }) => {
    const [word] = words;
    const own = join(readSettings(flags).runRoot, 'docker.sock');
    if (word === 'enable') say(enableLink(dockersPath, own));
    else if (word === 'disable') say(disableLink(dockersPath, own));
    else throw new Trouble('docker-socket needs enable or disable', 2);
    return Promise.resolve(0);
  },
};

/** Links the path to our socket; twice is once. What stands there and is not ours stays. */
export function enableLink(path: string, own: string): string {
  const found = targetOf(path);
  if (found !== undefined && found !== own) throw new Trouble(`${path} is not free: ${found} — nothing was changed`);
  if (found === undefined) {
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(own, path);
  }
  return `${path} leads to ${own}. Whoever may write to that socket is root on this host; its mode 0600 leaves that to root.`;
}

/** Removes our link; what is not ours stays. */
export function disableLink(path: string, own: string): string {
  const found = targetOf(path);
  if (found === undefined) return `${path} is not there: nothing to do`;
  if (found !== own) throw new Trouble(`${path} is not Gantry's: ${found} — nothing was changed`);
  rmSync(path);
  return `${path} was removed`;
}

/** Where the link leads, or in words what else stands there; undefined: nothing. */
function targetOf(path: string): string | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return undefined;
  if (found.isSymbolicLink()) return readlinkSync(path);
  return found.isSocket() ? 'a socket of another program, as Docker, is there' : 'another file is there';
}
