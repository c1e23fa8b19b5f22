import type { Host } from '@gantry/contract';
import { call } from '../../api/call.ts';
import { routes } from '../../api/routes.ts';
import { useLoadSeries } from '../../fleet/use-load-series.ts';

export const measures = ['cpuPermille', 'memoryBytes', 'receiveBps', 'sendBps', 'readBps', 'writeBps'] as const;
export type Measure = (typeof measures)[number];

const shownMs = 3_600_000;

/** The load of a machine: the last hour as the server kept it, then live. */
export function useHostHistory(host: () => Host | undefined) {
  return useLoadSeries({
    measures,
    keptMs: shownMs,
    of: () => host()?.id,
    history: (query) => call(routes.getHostHistory, { params: { hostId: host()?.id ?? '' }, query }),
    sample: () => {
      const current = host();
      return current?.link === 'offline' ? undefined : current?.load;
    },
  });
}
