import type { Page } from 'playwright-core';

/** How a page was drawn while something went on. */
export interface Frames {
  readonly fps: number;
  /** The longest time between two frames. */
  readonly worstMs: number;
  /** Tasks of more than 50 ms, the longest first. */
  readonly longTasksMs: readonly number[];
}

/** What runs in the page; a text, for it is of another world than this file. */
const watch = `
  window.watching = { frames: [], tasks: [] };
  let isOn = true;
  const frame = (at) => {
    watching.frames.push(at);
    if (isOn) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) watching.tasks.push(duration);
  });
  observer.observe({ type: 'longtask' });
  watching.stop = () => {
    isOn = false;
    observer.disconnect();
    return { frames: watching.frames, tasks: watching.tasks };
  };
  undefined`;

/** Counts frames and long tasks of a page while `work` goes on; what it began with is not counted. */
export async function framesWhile(page: Page, work: () => Promise<void>): Promise<Frames> {
  await page.evaluate(watch);
  await work();
  const { frames, tasks } = await page.evaluate<{ frames: number[]; tasks: number[] }>('watching.stop()');
  const gaps = frames.slice(1).map((at, index) => at - (frames[index] ?? at));
  const spanMs = (frames.at(-1) ?? 0) - (frames[0] ?? 0);
  return {
    fps: Math.round((gaps.length / spanMs) * 10_000) / 10,
    worstMs: Math.round(Math.max(0, ...gaps)),
    longTasksMs: tasks.map(Math.round).sort((a, b) => b - a),
  };
}

/** What a page holds after it was swept. */
export interface Held {
  readonly heapBytes: number;
  readonly nodes: number;
  readonly listeners: number;
}

export async function heldBy(page: Page): Promise<Held> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  const { nodes, jsEventListeners } = await session.send('Memory.getDOMCounters');
  await session.detach();
  return { heapBytes: usedSize, nodes, listeners: jsEventListeners };
}
