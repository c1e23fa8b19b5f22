import type { LogRing } from './log-ring.ts';
import { plainText } from './sgr.ts';

/** Saves the lines that the view holds as a text file, without colours. */
export function downloadLog(ring: LogRing, name: string): void {
  const lines = ring
    .slice(0, ring.length)
    .map(({ atMs, text }) => `${atMs === undefined ? '' : `${new Date(atMs).toISOString()} `}${plainText(text)}\n`);
  const url = URL.createObjectURL(new Blob(lines, { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `${name}.log`;
  link.click();
  URL.revokeObjectURL(url);
}
