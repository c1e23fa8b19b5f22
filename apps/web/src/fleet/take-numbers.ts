import type { FleetNumbers } from '@gantry/contract';
import { breath } from './breath.ts';
import type { Fleet } from './fleet.ts';

const atOnce = 1_000;

/**
 * Takes the numbers of a fleet. Those of all containers come at once and are taken some at a time, so that the page stays free for whoever works with it;
 * newer ones end that. In a page that nobody sees they are taken at once, since there nothing waits and timers hardly run.
 */
export function numbersOf(fleet: Fleet, isHidden = (): boolean => document.hidden): (numbers: FleetNumbers) => void {
  let newest: FleetNumbers | undefined;
  return (numbers) => {
    const isLarge = numbers.key.length > atOnce;
    if (isLarge) newest = numbers;
    if (isLarge && !isHidden()) void inParts(numbers);
    else fleet.takeNumbers(numbers);
  };

  async function inParts(numbers: FleetNumbers): Promise<void> {
    const all = numbers.key.length;
    for (let from = 0; from < all && numbers === newest;) {
      const to = isHidden() ? all : Math.min(all, from + atOnce);
      fleet.takeNumbers(numbers, from, to);
      from = to;
      await breath();
    }
  }
}
