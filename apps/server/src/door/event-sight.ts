import { Failure } from '@gantry/base';
import type { Sight } from './sight.ts';

/** How the events of a host are shown to somebody: as they come, or picked and masked one by one. */
export function showsAllEvents(sight: Sight): boolean {
  return sight.mayEverywhere('event:view') && sight.mayEverywhere('env:reveal');
}

/**
 * Whatever the filter of an open stream of events was chosen by, as a text to compare. Rights are read anew for each event that is picked; groups and labels
 * of the host, and whether anything is picked at all, stay as they were when the stream began.
 */
function chosenBy(sight: Sight): string {
  const { groups, labels } = sight.host;
  const all = (['event:view', 'env:reveal'] as const).map((permission) => sight.mayEverywhere(permission));
  const sorted = Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify([sight.seesEverything, all, [...groups].sort(), sorted]);
}

/** What throws (`forbidden`) for a sight to which the events of the host would be shown in another way than to the one of now. */
export function refusingOtherEvents(sight: Sight): (now: Sight) => void {
  const then = chosenBy(sight);
  return (now) => {
    if (chosenBy(now) !== then) throw new Failure('forbidden', 'what you may see of this host has changed: ask for its events again');
  };
}
