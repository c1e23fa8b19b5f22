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
  {
    file: `${access}/decide.ts`,
    rule: "resource.kind !== 'installation' → true",
    why: 'in `holds`: the installation has no stack; in `reaches` a spec holds it',
  },
  {
    file: `${access}/covers.ts`,
    rule: 'given.expiresAt !== undefined → true',
    why: 'what has no end is not at or before another: the comparison is false',
  },
  { file: `${access}/covers.ts`, rule: "inner.kind === 'stack' → true", why: 'no other scope has a project' },
  { file: `${access}/labels.ts`, rule: 'term.isNot → true', why: 'a term that excludes nothing does not hold where its key is missing' },
  {
    file: `${access}/labels.ts`,
    rule: 'Object.hasOwn(labels, key) → true',
    why: 'what every object inherits is no text: it equals no value',
  },
  { file: `${access}/roles.ts`, rule: 'added.length === 0 → false', why: 'a copy of the same permissions' },
];
