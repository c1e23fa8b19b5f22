import type { History } from '@gantry/contract';
import { shallowRef, watch } from 'vue';
import { call } from '../../api/call.ts';
import { routes } from '../../api/routes.ts';
import type { LiveRow } from '../../fleet/live-row.ts';
import { joined, type LoadSeries, noSeries, withSample } from './load-series.ts';

const shownMs = 15 * 60_000;

/** The load of a container: the last quarter of an hour as the server kept it, then live. */
export function useContainerHistory(live: () => LiveRow | undefined) {
  const series = shallowRef<LoadSeries>(noSeries);
  watch(
    () => live()?.row.id,
    async () => {
      const row = live()?.row;
      series.value = noSeries;
      if (!row) return;
      const toMs = Date.now();
      const history = await call(routes.getContainerHistory, {
        params: { hostId: row.host, containerId: row.id },
        query: { fromMs: toMs - shownMs, toMs },
      }).catch((): History => ({ stepMs: 0, atMs: [], series: {} }));
      series.value = joined(history, series.value);
    },
    { immediate: true },
  );
  watch(
    () => live()?.sample,
    (sample) => {
      if (sample) series.value = withSample(series.value, sample, { atMs: Date.now(), keptMs: shownMs });
    },
    { immediate: true },
  );
  return series;
}
