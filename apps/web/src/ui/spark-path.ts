/** How many numbers a sparkline shows. */
export const sparkLength = 30;

const floor = 20;

/** An SVG path through the values, newest at the right edge; the scale is the largest value, at least `floor` (2 % CPU), so that noise stays small. */
export function sparkPath(values: readonly number[], width: number, height: number): string {
  if (values.length < 2) return '';
  const top = Math.max(floor, ...values);
  const step = width / (sparkLength - 1);
  const start = width - step * (values.length - 1);
  return values
    .map(
      (value, index) =>
        `${index ? 'L' : 'M'}${(start + index * step).toFixed(1)} ${(height - 1.5 - (value / top) * (height - 3)).toFixed(1)}`,
    )
    .join('');
}
