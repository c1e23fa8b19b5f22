import type { Finder } from './log-search.ts';
import { parseSgr, type Span } from './sgr.ts';

export interface MarkedSpan extends Span {
  readonly isMarked: boolean;
}

/** The spans of a line, cut where a match begins and ends. */
export function markedSpans(line: string, find: Finder | undefined): MarkedSpan[] {
  const spans = parseSgr(line);
  const ranges = find?.(spans.map(({ text }) => text).join('')) ?? [];
  if (!ranges.length) return spans.map((span) => ({ ...span, isMarked: false }));
  const cuts = ranges.flatMap(({ from, to }) => [from, to]);
  const marked: MarkedSpan[] = [];
  let start = 0;
  for (const span of spans) {
    const end = start + span.text.length;
    const edges = [start, ...cuts.filter((cut) => cut > start && cut < end), end];
    edges.slice(1).forEach((to, index) => {
      const from = edges[index] ?? start;
      marked.push({
        ...span,
        text: span.text.slice(from - start, to - start),
        isMarked: ranges.some((range) => from >= range.from && to <= range.to),
      });
    });
    start = end;
  }
  return marked;
}
