import type { Containers } from '../containers/containers.ts';
import { pathsOf } from '../containers/containers-host.ts';
import type { ManagedContainer } from '../containers/managed-container.ts';
import { runOf } from '../containers/container.ts';
import { logLimits, rotateLog } from './rotate-log.ts';

const lookEveryMs = 200;
const mostLooksPassed = 9;

/**
 * Looks five times a second at the logs of running containers that have a limit, down to every 2 s at one that does not grow; a log may pass its
 * limit by what is written in that time.
 */
export function startLogRotation(containers: Containers): Disposable {
  let isBusy = false;
  const seen = new WeakMap<ManagedContainer, { sizeBytes: number; passes: number; left: number }>();
  const look = async (): Promise<void> => {
    for (const container of containers.all) {
      const { id, state, record } = container;
      const { Type, Config } = record.hostConfig.LogConfig;
      if (!runOf(state) || Type === 'none' || Config['max-size'] === undefined) continue;
      const last = seen.get(container) ?? { sizeBytes: -1, passes: 0, left: 0 };
      if (last.left > 0) {
        last.left--;
        continue;
      }
      const { log, bundle } = pathsOf(containers.host, id);
      try {
        const sizeBytes = await rotateLog(log, bundle, logLimits(Config));
        const passes = sizeBytes === last.sizeBytes ? Math.min(last.passes + 1, mostLooksPassed) : 0;
        seen.set(container, { sizeBytes, passes, left: passes });
      } catch (cause) {
        containers.host.report(`container ${id}: cannot rotate its log`, cause);
      }
    }
  };
  const timer = setInterval(() => {
    if (isBusy) return;
    isBusy = true;
    void look().finally(() => (isBusy = false));
  }, lookEveryMs);
  timer.unref();
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer);
    },
  };
}
