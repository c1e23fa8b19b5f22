import { twMerge } from 'tailwind-merge';

/** Class lists of which the later ones win. */
export function classNames(...lists: (string | false | undefined)[]): string {
  return twMerge(lists.filter((list) => list !== false && list !== undefined));
}
