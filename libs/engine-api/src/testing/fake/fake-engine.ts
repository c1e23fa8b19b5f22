import type { Engine } from '../../engine.ts';
import { routed } from '../../router.ts';
import { ApiVersion } from '../../versions/api-version.ts';
import { fakeContainerHandlers } from './fake-container-handlers.ts';
import { fakeExecHandlers } from './fake-exec-handlers.ts';
import { FakeHost } from './fake-host.ts';
import { fakeSystemHandlers } from './fake-system-handlers.ts';

/**
 * An engine in memory for tests of server and web: containers change state, logs are followed, an exec or an attached client gets back what it sends,
 * events tell it all, numbers move. Nothing runs.
 */
export class FakeEngine extends FakeHost {
  readonly handle: Engine = routed(
    { ...fakeSystemHandlers(this), ...fakeContainerHandlers(this), ...fakeExecHandlers(this) },
    { server: 'Fake/1 (linux)', versions: { oldest: ApiVersion.oldest, newest: ApiVersion.newest } },
  );
}
