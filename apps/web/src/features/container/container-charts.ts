import type { FleetRow, FleetSample } from '@gantry/engine-api';
import { bytes, percent, rate } from '../../format/quantities.ts';
import { text } from '../../i18n/i18n.ts';
import { type ChartSeries, lines } from '../../ui/chart-options.ts';
import type { LoadSeries } from '../../fleet/load-series.ts';
import type { Measure } from './use-container-history.ts';

export interface Chart {
  readonly title: string;
  readonly value: string;
  readonly aside?: string | undefined;
  readonly times: readonly number[];
  readonly series: readonly ChartSeries[];
  readonly format: (value: number) => string;
  readonly top?: number | undefined;
  readonly floor?: number;
  readonly base?: 1000 | 1024;
}

interface Seen {
  readonly series: LoadSeries<Measure>;
  readonly sample: FleetSample | undefined;
  readonly limits: FleetRow['limits'];
  /** Cores that the container may use at most. */
  readonly cores: number | undefined;
}

const leastCpuPermille = 50;
const leastBps = 1000;
const leastMemoryBytes = 2 ** 20;

/** The four cards of a container's live page. */
export function containerCharts(seen: Seen): Chart[] {
  const { times } = seen.series;
  return [...usage(seen), ...traffic(seen)].map((chart) => ({ ...chart, times }));
}

function usage({ series, sample, limits, cores }: Seen): Omit<Chart, 'times'>[] {
  const { memoryBytes: limit } = limits;
  return [
    {
      title: text('metric.cpu'),
      value: said(sample?.cpuPermille, percent),
      aside: cores ? text('overview.ofCores', { count: cores }) : undefined,
      series: lines([text('metric.cpu'), series.values.cpuPermille]),
      format: percent,
      floor: leastCpuPermille,
    },
    {
      title: text('metric.memory'),
      value: said(sample?.memoryBytes, bytes),
      aside: limit ? text('overview.of', { total: bytes(limit) }) : undefined,
      series: lines([text('metric.memory'), series.values.memoryBytes], undefined, 'second'),
      format: bytes,
      top: limit,
      floor: leastMemoryBytes,
      base: 1024,
    },
  ];
}

function traffic({ series, sample }: Seen): Omit<Chart, 'times'>[] {
  return [
    {
      title: text('metric.network'),
      value: said(sample?.receiveBps, rate),
      aside: sample ? text('metric.inOut', { out: rate(sample.sendBps) }) : undefined,
      series: lines([text('metric.in'), series.values.receiveBps], [text('metric.out'), series.values.sendBps]),
      format: rate,
      floor: leastBps,
    },
    {
      title: text('metric.disk'),
      value: said(sample?.readBps, rate),
      aside: sample ? text('metric.readWrite', { write: rate(sample.writeBps) }) : undefined,
      series: lines([text('metric.read'), series.values.readBps], [text('metric.write'), series.values.writeBps]),
      format: rate,
      floor: leastBps,
    },
  ];
}

function said(value: number | undefined, format: (value: number) => string): string {
  return value === undefined ? '–' : format(value);
}
