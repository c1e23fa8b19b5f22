const access = 'libs/access/src';
const noStack = 'neither the installation nor a host has a stack: the comparison after it is false for both';

/** Mutants that change nothing which anybody could see, each with the reason: `{ file, rule, why }`. One that is not there any more fails the run. */
export const leftOut = [
  {
    file: `${access}/covers.ts`,
    rule: "'host' in inner → true",
    why: 'a scope without a host has none that is in a group, or is another one',
  },
  { file: `${access}/decide.ts`, rule: "resource.kind !== 'host' → true", why: noStack },
  { file: `${access}/decide.ts`, rule: "resource.kind !== 'installation' && resource.kind !== 'host' → true", why: noStack },
  { file: `${access}/roles.ts`, rule: 'added.length === 0 → false', why: 'a copy of the same permissions' },
];
