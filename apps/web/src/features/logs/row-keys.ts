/**
 * Gives the lines in sight keys for their rows. A line that stays in sight keeps its row, and with it what is selected there. Where none stays, as in a log
 * that runs, the rows are written over instead of made anew, which costs several times as much.
 */
export function rowKeys(): (numbers: readonly number[]) => readonly number[] {
  let known = new Map<number, number>();
  let next = 0;
  return (numbers) => {
    const rows = [...known.values()];
    const isAnyKept = numbers.some((number) => known.has(number));
    const keys = numbers.map((number, index) => (isAnyKept ? known.get(number) : rows[index]) ?? next++);
    known = new Map(numbers.map((number, index) => [number, keys[index] ?? 0]));
    return keys;
  };
}
