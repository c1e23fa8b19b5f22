import type { History } from '@gantry/contract';
import { shallowRef, type ShallowRef, watch } from 'vue';
import { joined, type LoadPoint, type LoadSeries, noSeries, withSample } from './load-series.ts';

interface Source<Measure extends string> {
  readonly measures: readonly Measure[];
  readonly keptMs: number;
  /** What the numbers belong to; another one begins anew, undefined has none. */
  readonly of: () => string | undefined;
  /** What the server kept of it. */
  readonly history: (range: { fromMs: number; toMs: number }) => Promise<History>;
  /** The newest live numbers. */
  readonly sample: () => LoadPoint<Measure> | undefined;
}

const nothing: History = { stepMs: 0, atMs: [], series: {} };

/** Numbers over time: what the server kept of the last `keptMs`, then what comes live. Without an answer of the server only the latter. */
export function useLoadSeries<Measure extends string>(source: Source<Measure>): Readonly<ShallowRef<LoadSeries<Measure>>> {
  const { measures, keptMs } = source;
  const series: ShallowRef<LoadSeries<Measure>> = shallowRef(noSeries(measures));
  watch(
    source.of,
    async (of) => {
      series.value = noSeries(measures);
      if (of === undefined) return;
      const toMs = Date.now();
      const history = await source.history({ fromMs: toMs - keptMs, toMs }).catch(() => nothing);
      if (source.of() === of) series.value = joined(history, series.value, measures);
    },
    { immediate: true },
  );
  watch(
    source.sample,
    (sample) => {
      if (sample) series.value = withSample(series.value, sample, { measures, keptMs });
    },
    { immediate: true },
  );
  return series;
}
