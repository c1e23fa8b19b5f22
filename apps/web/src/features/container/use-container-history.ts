import { call } from '../../api/call.ts';
import { routes } from '../../api/routes.ts';
import type { LiveRow } from '../../fleet/live-row.ts';
import { useLoadSeries } from '../../fleet/use-load-series.ts';

export const measures = ['cpuPermille', 'memoryBytes', 'receiveBps', 'sendBps', 'readBps', 'writeBps'] as const;
export type Measure = (typeof measures)[number];

const shownMs = 15 * 60_000;

/** The load of a container: the last quarter of an hour as the server kept it, then live. */
export function useContainerHistory(live: () => LiveRow) {
  return useLoadSeries({
    measures,
    keptMs: shownMs,
    of: () => live().row.id,
    history: (query) => call(routes.getContainerHistory, { params: { hostId: live().row.host, containerId: live().row.id }, query }),
    sample: () => {
      const { sample } = live();
      return sample && { ...sample, atMs: Date.now() };
    },
  });
}
