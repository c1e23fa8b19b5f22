import { Failure } from '@gantry/base';
import { isCommon } from './common-passwords.ts';

/** Words that long common passwords are made of: from the published lists of leaked ones, those that reach 12 characters when padded. */
const commonWords = `password passw0rd p@ssword p@ssw0rd pass word admin administrator root letmein welcome qwerty qwertyuiop qwertz azerty
asdfghjkl zxcvbnm 1q2w3e4r 1qaz2wsx iloveyou sunshine princess football baseball basketball superman batman dragon monkey master
shadow michael jennifer jordan charlie trustno1 starwars computer internet freedom whatever changeme secret login access hello
gantry docker container portainer kubernetes server default test testing temp temporary guest user company summer winter spring
autumn january december monday friday abc abcdef abcdefgh abcd correcthorsebatterystaple`
  .split(/\s+/)
  .sort((a, b) => b.length - a.length);

const runs = [
  '0123456789012345678901234567890',
  'abcdefghijklmnopqrstuvwxyzabcdefghijkl',
  'qwertyuiopasdfghjklzxcvbnm',
  '9876543210987654321098765432109',
];
const fewestLetters = 5;
const leastUnknown = 6;

/**
 * Refuses (`invalid`) a password that is among the first that a guesser tries: those of leaks, common words padded with digits, runs of the keyboard,
 * few different characters, the person's own name. It has no rules about kinds of characters: length is what counts.
 */
export async function refuseCommon(password: string, name: string): Promise<void> {
  const plain = password.toLowerCase();
  if (new Set(plain).size < fewestLetters) throw new Failure('invalid', 'this password has too few different characters');
  if (await isCommon(password))
    throw new Failure('invalid', 'this password is one of those that are tried first: take a longer or less usual one');
  let rest = plain;
  for (const word of [name.toLowerCase(), ...commonWords]) if (word.length > 2) rest = rest.replaceAll(word, '');
  for (const run of runs) rest = withoutRuns(rest, run);
  if (rest.replace(/[\d\W_]+/g, '').length < leastUnknown && rest.length < 2 * leastUnknown) {
    throw new Failure('invalid', 'this password is made of common words and numbers: take a longer or less usual one');
  }
}

function withoutRuns(text: string, run: string): string {
  let rest = text;
  for (let length = Math.min(run.length, text.length); length >= 4; length--)
    for (let start = 0; start + length <= run.length; start++) rest = rest.replaceAll(run.slice(start, start + length), '');
  return rest;
}
