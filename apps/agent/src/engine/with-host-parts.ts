import type { Engine, EngineRequest } from '@gantry/engine-api';

type HostParts = Engine & AsyncDisposable;

/**
 * A Docker or Podman with what Gantry adds on its host: our own routes, and `docker cp` for people, of whom not all may reach paths of the host. The code for that is
 * loaded when it is first asked for: an agent that is asked for nothing of it stays small.
 */
export function withHostParts(engine: Engine, load: () => Promise<HostParts>): HostParts {
  let loading: Promise<HostParts> | undefined;
  const own = async (request: EngineRequest): ReturnType<Engine> => {
    loading ??= load().catch((thrown: unknown) => {
      loading = undefined;
      throw thrown;
    });
    return (await loading)(request);
  };
  const asked: Engine = (request) => (isOurs(request) ? own(request) : engine(request));
  return Object.assign(asked, {
    [Symbol.asyncDispose]: async () => {
      await (await loading?.catch(() => undefined))?.[Symbol.asyncDispose]();
    },
  });
}

const archive = /^(\/v[\d.]+)?\/containers\/[^/?]+\/archive(\?|$)/;

function isOurs({ target, caller }: EngineRequest): boolean {
  return target.startsWith('/gantry/') || (caller.kind === 'person' && archive.test(target));
}
