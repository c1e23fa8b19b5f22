import { MergedLog } from './merged-log.ts';
import type { FromWorker, ToWorker } from './messages.ts';

// The lines of all containers live here, so that merging, reading and searching them never holds up the page.
const log = new MergedLog();
const tellMs = 100;
let telling: ReturnType<typeof setTimeout> | undefined;
const say = (message: FromWorker): void => postMessage(message);

function tell(): void {
  telling ??= setTimeout(() => {
    telling = undefined;
    say({ kind: 'state', total: log.total, shown: log.shown, dropped: log.dropped });
  }, tellMs);
}

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  switch (data.kind) {
    case 'add':
      log.add(data.source, data.lines);
      return tell();
    case 'filter':
      log.filter(data.filter);
      return tell();
    case 'clear':
      log.clear();
      return tell();
    case 'slice':
      return say({ kind: 'slice', id: data.id, lines: log.slice(data.from, data.to) });
    case 'indexAt':
      return say({ kind: 'indexAt', id: data.id, index: log.indexAt(data.atMs) });
  }
});
