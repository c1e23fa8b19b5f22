// Serves a Docker or Podman with what Gantry adds on its host: for processes on the first socket, for a person on the second; until its input ends.
import { finished } from 'node:stream/promises';
import { type Caller, dockerEngine, type Engine, serveEngine } from '@gantry/engine-api';
import { openDrivenHost } from '@gantry/engine/driven';
import { withHostParts } from '../engine/with-host-parts.ts';

const [socketPath = '', forProcesses = '', forPerson = ''] = process.argv.slice(2);
await using closing = new AsyncDisposableStack();
const docker = closing.use(dockerEngine({ socketPath }));
const load = () =>
  Promise.resolve(openDrivenHost({ engine: docker, report: ({ message, cause }) => console.error('internal error:', message, cause) }));
const engine = closing.use(withHostParts(docker, load));
const caller: Caller = { kind: 'person', id: 'p', name: 'ada', requestId: 'r' };
const asPerson: Engine = (request) => engine({ ...request, caller });
closing.use(await serveEngine(engine, { path: forProcesses }));
closing.use(await serveEngine(asPerson, { path: forPerson }));
console.log('open');
await finished(process.stdin.resume());
