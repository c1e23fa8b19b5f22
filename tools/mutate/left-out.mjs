/** Mutants that change nothing which anybody could see, each with the reason: `{ file, rule, why }`. One that is not there any more fails the run. */
export const leftOut = [];
