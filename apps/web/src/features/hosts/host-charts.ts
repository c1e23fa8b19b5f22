import type { Host } from '@gantry/contract';
import type { LoadSeries } from '../../fleet/load-series.ts';
import { rate, share } from '../../format/quantities.ts';
import { text } from '../../i18n/i18n.ts';
import { type ChartSeries, lines } from '../../ui/chart-options.ts';
import { hostShares } from './host-state.ts';
import type { Measure } from './use-host-history.ts';

interface Chart {
  readonly title: string;
  readonly value: string;
  readonly times: readonly number[];
  readonly series: readonly ChartSeries[];
  readonly format: (value: number) => string;
  readonly top?: number;
  readonly floor?: number;
}

const leastBps = 1000;

/** The four cards of a machine's page. */
export function hostCharts(host: Host, { times, values }: LoadSeries<Measure>): Chart[] {
  const { load } = host;
  const memoryTotal = load?.memoryTotalBytes ?? host.facts?.memoryBytes;
  const parts = (series: readonly (number | null)[], whole: number | undefined): (number | null)[] =>
    series.map((value) => (value === null || !whole ? null : value / whole));
  const shares = hostShares(host);
  const words = (value: number | undefined): string => (value === undefined ? '–' : share(value));
  const charts: Omit<Chart, 'times'>[] = [
    {
      title: text('metric.cpu'),
      value: words(shares.cpu),
      series: lines([text('metric.cpu'), parts(values.cpuPermille, 1000)]),
      format: share,
      top: 1,
    },
    {
      title: text('metric.memory'),
      value: words(shares.memory),
      series: lines([text('metric.memory'), parts(values.memoryBytes, memoryTotal)], undefined, 'second'),
      format: share,
      top: 1,
    },
    {
      title: text('metric.network'),
      value: load ? rate(load.receiveBps) : '–',
      series: lines([text('metric.in'), values.receiveBps], [text('metric.out'), values.sendBps]),
      format: rate,
      floor: leastBps,
    },
    {
      title: text('metric.diskTraffic'),
      value: load ? rate(load.readBps + load.writeBps) : '–',
      series: lines([text('metric.read'), values.readBps], [text('metric.write'), values.writeBps]),
      format: rate,
      floor: leastBps,
    },
  ];
  return charts.map((chart) => ({ ...chart, times }));
}
