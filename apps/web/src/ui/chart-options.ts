import type uPlot from 'uplot';
import { clock } from '../format/times.ts';

export interface ChartSeries {
  readonly label: string;
  readonly values: readonly (number | null)[];
  readonly colour: 'accent' | 'second';
  readonly isFilled?: boolean;
}

export interface ChartLook {
  readonly series: readonly ChartSeries[];
  readonly format: (value: number) => string;
  readonly top: number | undefined;
  /** The scale is at least this high, so that noise looks like noise. */
  readonly floor: number;
  /** The time that is shown, in seconds. */
  readonly span: () => [number, number];
  /** What the unit of the values goes by: 1000, or 1024 for memory. */
  readonly base: 1000 | 1024;
  readonly width: number;
  readonly height: number;
}

const digitWidth = 6.2;
const axisGap = 12;
const leastAxisWidth = 40;

/** uPlot's options in our tokens: hairline grid, three values at the left, times below, no legend. */
export function chartOptions({ series, format, top, floor, span, base, width, height }: ChartLook): uPlot.Options {
  const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const axis = {
    stroke: token('mute'),
    font: '11px "Geist Variable", sans-serif',
    ticks: { show: false },
    grid: { stroke: token('line'), width: 1 },
  };
  return {
    width,
    height,
    pxAlign: true,
    padding: [6, 12, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { setScale: false }, points: { size: 5 } },
    scales: { x: { range: span }, y: { range: (_, __, most) => [0, top ?? niceTop(Math.max(most * 1.1, floor), base)] } },
    axes: [
      { ...axis, size: 20, gap: 4, space: 70, values: (_, ticks) => ticks.map((seconds) => clock(seconds * 1000).slice(0, 5)) },
      {
        ...axis,
        size: (_, labels) => widthOf(labels),
        gap: 6,
        splits: (...[, , least, most]) => [least, (least + most) / 2, most],
        values: (_, ticks) => ticks.map((tick) => format(tick).replace(/\.0(?!\d)/, '')),
      },
    ],
    series: [
      {},
      ...series.map((one) => ({
        label: one.label,
        stroke: token(one.colour),
        width: 1.25,
        points: { show: false },
        ...(one.isFilled ? { fill: `${token(one.colour)}22` } : {}),
      })),
    ],
  };
}

const niceSteps = [1, 2, 4, 6, 8, 10, 20, 40, 60, 80, 100, 200, 400, 600, 800, 1000];

/** The next round number of the unit whose half is round, too: a scale is read, not calculated. */
export function niceTop(value: number, base: 1000 | 1024): number {
  if (!(value > 0)) return 1;
  const unit = base ** Math.floor(Math.log(value) / Math.log(base));
  return unit * (niceSteps.find((step) => step * unit >= value) ?? base);
}

type Values = readonly (number | null)[];

/** uPlot asks once before there are labels. */
function widthOf(labels: readonly string[] | null): number {
  return labels ? Math.max(...labels.map(({ length }) => length)) * digitWidth + axisGap : leastAxisWidth;
}

/** A filled first line and, where there are two, a bare second one. */
export function lines(
  first: readonly [string, Values],
  second?: readonly [string, Values],
  colour: ChartSeries['colour'] = 'accent',
): ChartSeries[] {
  const filled: ChartSeries = { label: first[0], values: first[1], colour, isFilled: true };
  return second ? [filled, { label: second[0], values: second[1], colour: 'second' }] : [filled];
}
