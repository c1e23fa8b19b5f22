import type { Host } from '@gantry/contract';
import { rate, share } from '../../format/quantities.ts';
import { text } from '../../i18n/i18n.ts';
import { type ChartSeries, lines } from '../../ui/chart-options.ts';
import { hostShares } from './host-state.ts';
import type { HostTrail } from './use-host-trail.ts';

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
export function hostCharts(host: Host, trail: HostTrail): Chart[] {
  const { load } = host;
  const shares = hostShares(host);
  const words = (value: number | undefined): string => (value === undefined ? '–' : share(value));
  const charts: Omit<Chart, 'times'>[] = [
    { title: text('metric.cpu'), value: words(shares.cpu), series: lines([text('metric.cpu'), trail.cpu]), format: share, top: 1 },
    {
      title: text('metric.memory'),
      value: words(shares.memory),
      series: lines([text('metric.memory'), trail.memory], undefined, 'second'),
      format: share,
      top: 1,
    },
    {
      title: text('metric.network'),
      value: load ? rate(load.receiveBps) : '–',
      series: lines([text('metric.in'), trail.receive], [text('metric.out'), trail.send]),
      format: rate,
      floor: leastBps,
    },
    {
      title: text('metric.diskTraffic'),
      value: load ? rate(load.readBps + load.writeBps) : '–',
      series: lines([text('metric.read'), trail.read], [text('metric.write'), trail.write]),
      format: rate,
      floor: leastBps,
    },
  ];
  return charts.map((chart) => ({ ...chart, times: trail.times }));
}
