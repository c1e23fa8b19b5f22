import { existsSync, rmSync, writeFileSync } from 'node:fs';
import type { Command } from '../command-line.ts';
import { localJoinCodeFile, readSettings } from '../config.ts';
import { root, runQuietly } from '../machine/run-program.ts';
import { greeting, wordsOf } from '../parts/announce.ts';
import { say } from '../say.ts';
import { Trouble } from '../trouble.ts';
import { choosing, installing, roots, serving } from './flags.ts';
import { prepareAgent, prepareServer } from './prepare.ts';
import { unitFile, type UnitName } from './units.ts';
import { refuseUnsafe } from './up.ts';
import { waitForUnit } from './wait-for-unit.ts';

const directory = '/etc/systemd/system';
const pathOf = (name: UnitName): string => `${directory}/gantry-${name}.service`;

export const install: Command = {
  summary: "have systemd run the server and this host's agent, now and at boot",
  words: '[server|agent]',
  mostWords: 1,
  flags: { ...serving, ...choosing, ...roots, ...installing },
  explanation: 'Without a word both. The flags become settings of the units.',
  run: async ({ flags, words }) => {
    const names = namesOf(words[0]);
    refuseWithoutSystemd();
    const settings = readSettings(flags);
    refuseUnsafe(settings);
    await (names.includes('agent') ? prepareAgent(settings) : prepareServer(settings));
    const codeFile = names.length === 2 ? localJoinCodeFile(settings) : undefined;
    const at = { root, settings, codeFile, systemdVersion: await systemdVersion() };
    for (const name of names) writeFileSync(pathOf(name), unitFile(name, at), { mode: 0o600 });
    await systemctl(['daemon-reload']);
    const units = names.map((name) => `gantry-${name}.service`);
    await systemctl(['enable', ...units]);
    await systemctl(['restart', ...units]); // what ran already gets the new settings and the new program
    for (const name of names) await tellStarted(name);
    say(`systemd runs ${units.join(' and ')}, now and after a boot; the log: journalctl -u 'gantry-*'; ./gantry uninstall ends that`);
    return 0;
  },
};

export const uninstall: Command = {
  summary: 'take the units away again; data and containers stay',
  words: '[server|agent]',
  mostWords: 1,
  flags: {},
  run: async ({ words }) => {
    refuseWithoutSystemd();
    const names = namesOf(words[0]).filter((name) => existsSync(pathOf(name)));
    if (names.length > 0) await systemctl(['disable', '--now', ...names.map((name) => `gantry-${name}.service`)]);
    for (const name of names) rmSync(pathOf(name));
    await systemctl(['daemon-reload']);
    say(names.length > 0 ? `removed: ${names.map(pathOf).join(', ')}; data and containers stay` : 'no unit of Gantry was installed');
    return 0;
  },
};

async function tellStarted(name: UnitName): Promise<void> {
  const event = await waitForUnit(name);
  const words = name === 'server' ? greeting(event) : wordsOf(name, event);
  if (words !== undefined) say(words);
}

function namesOf(word: string | undefined): UnitName[] {
  if (word === undefined) return ['server', 'agent'];
  if (word === 'server' || word === 'agent') return [word];
  throw new Trouble(`${word} is no part of Gantry: server or agent`, 2);
}

function refuseWithoutSystemd(): void {
  if (!existsSync('/run/systemd/system')) {
    throw new Trouble(
      'this machine is not run by systemd: have its own service manager run ./gantry server and ./gantry agent, or run ./gantry up',
    );
  }
  if (process.getuid?.() !== 0) throw new Trouble('units belong to root: run it with sudo');
}

/** The first line is `systemd 252 (252.39-1~deb12u1)`. */
async function systemdVersion(): Promise<number> {
  const { output } = await runQuietly('systemctl', ['--version']);
  return Number(/^systemd (\d+)/.exec(output)?.[1] ?? 0);
}

async function systemctl(args: readonly string[]): Promise<void> {
  const { status, output } = await runQuietly('systemctl', args);
  if (status !== 0) throw new Trouble(`systemctl ${args.join(' ')} failed: ${output.trim()}`);
}
