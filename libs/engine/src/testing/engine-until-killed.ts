// The native engine on the socket of the third argument with the roots of the first two, for tests that kill it; SIGTERM closes it as the agent does. With a fourth, the
// directory of accounts, containers have ids of their own.
import { serveEngine } from '@gantry/engine-api';
import { defaultEngineConfig } from '../config.ts';
import { openNativeEngine } from '../native-engine.ts';
import { testPool } from './test-pool.ts';

const [, , dataRoot = '', runRoot = '', socket = '', accounts] = process.argv;
const usernsRemap = accounts === undefined ? undefined : 'default';
const config = { ...defaultEngineConfig, usernsRemap, addressPools: [testPool(224)] };
const report = (problem: string, cause?: unknown): void => console.error(problem, cause);
const engine = await openNativeEngine({ dataRoot, runRoot, config, report, ...(accounts !== undefined && { accounts }) });
const door = await serveEngine(engine.handle, { path: socket });
process.once('SIGTERM', () => {
  void door[Symbol.asyncDispose]()
    .then(() => engine[Symbol.asyncDispose]())
    .then(() => process.exit(0));
});
console.log('listening', engine.instance);
