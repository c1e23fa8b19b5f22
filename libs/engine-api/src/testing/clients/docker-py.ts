import { fileURLToPath } from 'node:url';
import { debianPython } from '../debian-python.ts';
import type { EngineUnderTest } from '../engine-under-test.ts';
import { uniqueName } from '../fixtures.ts';
import { runClient } from '../run-client.ts';

const script = fileURLToPath(new URL('docker-py.py', import.meta.url));

/** Debian's docker-py 5, by a script that names what it stumbles over. */
export function dockerPyClient(engine: () => EngineUnderTest): void {
  test('docker-py runs, streams, copies, commits, lists and removes', async () => {
    const { program, environment } = debianPython();

    expect(await runClient([program, script, uniqueName('py')], engine(), { environment, patienceMs: 100_000 })).toEqual({
      code: 0,
      stdout: 'all done\n',
      stderr: '',
    });
  });
}
