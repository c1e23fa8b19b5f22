import { resolve } from 'node:path';
import type { Command } from '../command-line.ts';
import { environmentOf, readSettings } from '../config.ts';
import { run } from '../machine/run-program.ts';
import { commandOf } from '../parts/part.ts';
import { Trouble } from '../trouble.ts';
import { installing, roots } from './flags.ts';
import { wordsFor } from './one-part.ts';
import { prepareServer } from './prepare.ts';

const flagsOf = {
  verify: {
    heads: { value: 'FILE', help: 'verify: signed heads kept elsewhere; server/audit-heads.jsonl in the data root' },
    key: { value: 'KEY', help: 'verify: the public key that signed them; that of the data root' },
  },
  export: {
    since: { value: 'TIME', help: 'export: rows from then on, as 2026-01-31 or 2026-01-31T12:00:00Z' },
    until: { value: 'TIME', help: 'export: rows before then' },
    user: { value: 'NAME', help: 'export: what this person did' },
    host: { value: 'HOST', help: 'export: what was done on this host, by name or id' },
    action: { value: 'ACTION', help: 'export: one action, as ContainerStart' },
  },
};
type Verb = keyof typeof flagsOf;

export const audit: Command = {
  summary: 'verify the audit log, or write it as JSON lines; beside a running server or without one',
  words: 'verify|export',
  mostWords: 1,
  flags: { ...flagsOf.verify, ...flagsOf.export, ...roots, ...installing },
  explanation:
    'verify walks the whole chain, holds it against the signed heads, names the first row that is not as it was written, and ends with 1 then.\nexport writes one row on a line; docs/operations/audit.md has the fields.',
  run: async ({ flags, words: [word] }) => {
    const verb = verbOf(word);
    const foreign = Object.keys(flagsOf[verb === 'verify' ? 'export' : 'verify']).find((flag) => flags[flag] !== undefined);
    if (foreign !== undefined) throw new Trouble(`audit ${verb} knows no --${foreign}`, 2);
    const settings = readSettings(flags);
    await prepareServer(settings);
    const given = typeof flags['heads'] === 'string' ? { ...flags, heads: resolve(flags['heads']) } : flags;
    const args = commandOf({ name: 'server', args: ['audit', verb, ...wordsFor(given, Object.keys(flagsOf[verb]))] });
    return run(process.execPath, args, { environment: environmentOf(settings) });
  },
};

function verbOf(word: string | undefined): Verb {
  if (word === 'verify' || word === 'export') return word;
  throw new Trouble(word === undefined ? 'audit needs a word: verify or export' : `audit does not know what to do with ${word}`, 2);
}
