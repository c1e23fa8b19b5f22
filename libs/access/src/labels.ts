import { Failure } from '@gantry/base';

export type Labels = Readonly<Record<string, string>>;

/** One condition of a selector: `key=value`, or `key!=value` where `isNot`, which holds where the key is missing too (as in Kubernetes). */
export interface Term {
  readonly key: string;
  readonly value: string;
  readonly isNot: boolean;
}

/** All terms have to hold; a selector without terms selects nothing. */
export type Selector = readonly Term[];

const termPattern = /^([A-Za-z0-9][\w./-]{0,127})\s*(!=|==?)\s*([\w.@:/+-]{0,255})$/;
const mostTerms = 16;

/**
 * Reads `team=web,env!=prod`. `invalid` for anything else, for no terms at all, and for a selector that only says what is not meant: it would
 * select nearly everything, also what nobody has labelled yet.
 */
export function parseSelector(text: string): Selector {
  const terms = text.split(',').map((part) => parseTerm(part.trim(), text));
  if (terms.length > mostTerms) throw new Failure('invalid', `selector ${text}: at most ${mostTerms} terms`);
  if (terms.every(({ isNot }) => isNot)) throw new Failure('invalid', `selector ${text}: at least one term must be key=value`);
  return terms;
}

/** The text that `parseSelector` reads. */
export function formatSelector(selector: Selector): string {
  return selector.map(({ key, value, isNot }) => `${key}${isNot ? '!=' : '='}${value}`).join(',');
}

/** Whether the labels are what the selector means. Where only some of them are known, a key that is not among them may have any value. */
export function selects(selector: Selector, labels: Labels, isPart = false): boolean {
  return (
    selector.length > 0 && selector.every((term) => holds(term, labels) && !(isPart && term.isNot && !Object.hasOwn(labels, term.key)))
  );
}

/** Whether everything that `narrow` selects is selected by `wide` too, as far as the terms alone say so. */
export function selectsAllOf(wide: Selector, narrow: Selector): boolean {
  const implied = ({ key, value, isNot }: Term): boolean =>
    narrow.some((term) => term.key === key && (term.isNot === isNot ? term.value === value : isNot && term.value !== value));
  return wide.length > 0 && wide.every(implied);
}

function holds({ key, value, isNot }: Term, labels: Labels): boolean {
  const isEqual = Object.hasOwn(labels, key) && labels[key] === value;
  return isEqual !== isNot;
}

function parseTerm(part: string, whole: string): Term {
  const found = termPattern.exec(part);
  if (!found)
    throw new Failure('invalid', `selector ${JSON.stringify(whole)}: ${JSON.stringify(part)} is neither key=value nor key!=value`);
  const [, key = '', sign, value = ''] = found;
  return { key, value, isNot: sign === '!=' };
}
