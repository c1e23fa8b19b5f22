import type { Containers } from '../containers/containers.ts';
import { pathsOf } from '../containers/containers-host.ts';
import { runOf } from '../containers/container.ts';
import { logLimits, rotateLog } from './rotate-log.ts';

const lookEveryMs = 200;

/** Looks five times a second at the logs of running containers that have a limit; a log may pass its limit by what is written in that time. */
export function startLogRotation(containers: Containers): Disposable {
  let isBusy = false;
  const look = async (): Promise<void> => {
    for (const { id, state, record } of containers.all) {
      const { Type, Config } = record.hostConfig.LogConfig;
      if (!runOf(state) || Type === 'none' || Config['max-size'] === undefined) continue;
      const { log, bundle } = pathsOf(containers.host, id);
      await rotateLog(log, bundle, logLimits(Config)).catch((cause: unknown) => {
        containers.host.report(`container ${id}: cannot rotate its log`, cause);
      });
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
